/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A thread's calls and waits: small tables in its row that name places in its chunks.
 *
 * Left out on purpose: taking anything out. A thread that makes more kinds of calls than there is
 * room for has the rest under OTHER_CALL, and the loss is counted.
 */
#pragma once

#include "descriptor.h"

/* As many as there are places: what has room is found room for. */
enum { PROBES = 64 };

/* How far to shift `rest` to the right, `by` or 0, so that what is left has bits. Without a branch,
 * for each of which the verifier would go both ways through all that follows. */
#define SHIFT(rest, by) ((((1ULL << (by)) - 1 - (rest)) >> 63) * (by))

/* The bucket of a length: see crates/record/src/histogram.rs. */
INLINE u32 bucket_of(u64 length_ns)
{
	u64 rest = length_ns >> 7;
	u32 bits = 0, shift;

	rest |= SHIFT(rest, 31) ? 1ULL << 31 : 0;
	rest &= ~0U;
	shift = SHIFT(rest, 16);
	rest >>= shift;
	bits += shift;
	shift = SHIFT(rest, 8);
	rest >>= shift;
	bits += shift;
	shift = SHIFT(rest, 4);
	rest >>= shift;
	bits += shift;
	shift = SHIFT(rest, 2);
	rest >>= shift;
	bits += shift;
	shift = SHIFT(rest, 1);
	rest >>= shift;
	bits += shift + rest;
	return bits - (bits >> 5);
}

/* Counts a length. The counts have 32 bits and stop when they are full; the number of calls and the
 * sum of their lengths, which are exact, are counted apart. */
INLINE void count_length(u32 *latency, u64 length_ns)
{
	u32 *bucket = &latency[bucket_of(length_ns) & (BUCKETS - 1)];

	*bucket += *bucket != ~0U;
}

INLINE u32 new_chunk(void *free, u64 *next, u32 most)
{
	u32 chunk;
	u64 fresh;

	if (!bpf_map_pop_elem(free, &chunk))
		return chunk;
	if (*next >= most)
		return most;
	fresh = __sync_fetch_and_add(next, 1);
	return fresh < most ? fresh : most;
}

INLINE u32 first_place(u32 key)
{
	return (key * 2654435769U) >> 26;
}

INLINE struct call_cell *call_at(struct thread *thread, u32 place)
{
	u32 number = thread->call_chunks[(place / CALLS_PER_CHUNK) & (CALLS_PER_THREAD / CALLS_PER_CHUNK - 1)];
	struct call_chunk *chunk = bpf_map_lookup_elem(&call_chunks, &number);

	if (!chunk)
		return NULL;
	AFTER_CHECK(place);
	return &chunk->cells[place & (CALLS_PER_CHUNK - 1)];
}

/* A place of its own for a kind of call that the thread did not make before. */
VERIFIED_ONCE int new_call(struct thread *thread, u32 key, u32 at)
{
	struct counters *counters = counted();
	struct call_chunk *chunk;
	struct call_cell *cell;
	u32 place, number;

	if (!thread || !counters)
		return -1;
	place = thread->calls;
	/* The last place is for all that there is no place for. */
	if (place >= CALLS_PER_THREAD - (key != (OTHER_CALL | 1U << KEY_USED)))
		return -1;
	if (place % CALLS_PER_CHUNK == 0) {
		number = new_chunk(&free_call_chunks, &counters->next_call_chunk, MAX_CALL_CHUNKS);
		chunk = bpf_map_lookup_elem(&call_chunks, &number);
		if (!chunk) {
			LOST(lost_chunks);
			return -1;
		}
		CLEAR(chunk);
		thread->call_chunks[(place / CALLS_PER_CHUNK) & (CALLS_PER_THREAD / CALLS_PER_CHUNK - 1)] = number;
	}
	cell = call_at(thread, place);
	if (!cell)
		return -1;
	cell->key = key;
	cell->example_fd = -1;
	thread->calls = place + 1;
	thread->call_places[at & (CALLS_PER_THREAD - 1)] = place;
	thread->call_keys[at & (CALLS_PER_THREAD - 1)] = key;
	return place;
}

/* The place of a kind of call that is not where it was first looked for; below 0 if there is no
 * room. */
VERIFIED_ONCE int find_call(struct thread *thread, u32 key)
{
	u32 at = first_place(key);
	u32 probe;

	if (!thread)
		return -1;
	for (probe = 0; probe < PROBES; probe++) {
		u32 there = thread->call_keys[at & (CALLS_PER_THREAD - 1)];

		if (there == key)
			return thread->call_places[at & (CALLS_PER_THREAD - 1)];
		if (!there)
			break;
		at++;
	}
	return probe < PROBES ? new_call(thread, key, at) : -1;
}

/* Where the calls of that kind are counted; NULL if there is no room. */
INLINE struct call_cell *call_cell(struct thread *thread, u32 key)
{
	u32 at = first_place(key) & (CALLS_PER_THREAD - 1);
	int place;

	if (thread->call_keys[at] == key) {
		place = thread->call_places[at];
	} else {
		place = find_call(thread, key);
		if (place < 0) {
			thread->lost_calls++;
			place = find_call(thread, OTHER_CALL | 1U << KEY_USED);
			if (place < 0)
				return NULL;
		}
	}
	return call_at(thread, place);
}

INLINE struct wait_cell *wait_at(struct thread *thread, u32 place)
{
	u32 number = thread->wait_chunks[(place / WAITS_PER_CHUNK) & (WAITS_PER_THREAD / WAITS_PER_CHUNK - 1)];
	struct wait_chunk *chunk = bpf_map_lookup_elem(&wait_chunks, &number);

	if (!chunk)
		return NULL;
	AFTER_CHECK(place);
	return &chunk->cells[place & (WAITS_PER_CHUNK - 1)];
}

VERIFIED_ONCE int new_wait(struct thread *thread, u32 tag, u32 at)
{
	struct counters *counters = counted();
	struct wait_chunk *chunk;
	u32 place, number;

	if (!thread || !counters)
		return -1;
	place = thread->waits;
	if (place >= WAITS_PER_THREAD)
		return -1;
	if (place % WAITS_PER_CHUNK == 0) {
		number = new_chunk(&free_wait_chunks, &counters->next_wait_chunk, MAX_WAIT_CHUNKS);
		chunk = bpf_map_lookup_elem(&wait_chunks, &number);
		if (!chunk) {
			LOST(lost_chunks);
			return -1;
		}
		CLEAR(chunk);
		thread->wait_chunks[(place / WAITS_PER_CHUNK) & (WAITS_PER_THREAD / WAITS_PER_CHUNK - 1)] = number;
	}
	thread->waits = place + 1;
	thread->wait_places[at & (WAITS_PER_THREAD - 1)] = place;
	thread->wait_tags[at & (WAITS_PER_THREAD - 1)] = tag;
	return place;
}

/* The place of the waits of that kind on that open file; below 0 if there is no room. `fresh` is
 * set when there were none before. */
VERIFIED_ONCE int wait_place(struct thread *thread, u32 key, s32 fd, u64 file, u32 *fresh)
{
	u32 tag = (key ^ ((u32)fd * 2246822519U) ^ (u32)file ^ (u32)(file >> 32)) | 1;
	u32 at = first_place(tag);
	u32 probe;

	if (!thread || !fresh)
		return -1;
	for (probe = 0; probe < PROBES; probe++) {
		u32 there = thread->wait_tags[at & (WAITS_PER_THREAD - 1)];

		if (there == tag)
			return thread->wait_places[at & (WAITS_PER_THREAD - 1)];
		if (!there)
			break;
		at++;
	}
	if (probe == PROBES || (file && thread->waits >= DISTINCT_WAITS))
		return -1;
	*fresh = 1;
	return new_wait(thread, tag, at);
}

/* Where waits for what the thread's call works on are counted: with others of the kind when there
 * are too many files. */
INLINE struct wait_cell *wait_cell(struct thread *thread)
{
	u32 key = thread->call.key;
	s32 fd = thread->call.fd;
	u64 file = thread->call.file;
	struct wait_cell *cell;
	u32 fresh = 0;
	int place = wait_place(thread, key, fd, file, &fresh);

	if (place < 0) {
		thread->lost_waits++;
		fd = -1;
		file = 0;
		place = wait_place(thread, key, fd, file, &fresh);
		if (place < 0)
			return NULL;
	}
	cell = wait_at(thread, place);
	if (cell && fresh) {
		cell->key = key;
		cell->fd = fd;
		cell->file = file;
		if (file)
			announce(thread);
	}
	return cell;
}
