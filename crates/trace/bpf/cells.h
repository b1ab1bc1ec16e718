/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A thread's calls and waits: small tables in its row that name places in its chunks.
 *
 * Both tables keep what cost most. What is new in a full one takes the place of the cheapest, whose
 * numbers are added to those of its kind (a wait) or to OTHER_CALL (a kind of call): sums stay
 * complete, and what was merged is counted. The newcomer inherits what its place has cost so far, so
 * that it is not the cheapest at once and the next newcomer takes another place ("Space-Saving",
 * Metwally, Agrawal, El Abbadi 2005): what takes more than its share of the time is in the table at the
 * end, however many cheap ones pass through.
 */
#pragma once

#include "descriptor.h"

enum {
	PROBES = 64, /* as many as there are places: what has room is found room for */
	MERGED_CALLS = OTHER_CALL | 1U << KEY_USED, /* the kind of calls that are not told apart */
	FIRST_MERGED = WAIT_SETS * WAIT_WAYS, /* the first slot of merged waits */
	MERGED_KINDS = WAITS_PER_THREAD - FIRST_MERGED,
	SLOT_BITS = 6, /* of the number of a slot, which stands behind what it cost */
};

/* The highest cost, with room for the number of a slot behind it: 9 years. */
#define COST_MOST ((1ULL << (64 - SLOT_BITS)) - 1)

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

/* Adds the lengths that another histogram counted. */
INLINE void merge_lengths(u32 *into, const u32 *from)
{
	u32 bucket;

	for (bucket = 0; bucket < BUCKETS; bucket++) {
		u64 sum = (u64)into[bucket] + from[bucket];

		into[bucket] = (u32)sum | -(u32)(sum >> 32);
	}
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
	if (place >= CALLS_PER_THREAD - (key != MERGED_CALLS))
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

/* What the kind at a slot of the table has cost, with what its place had cost before; of one that must
 * stay, as much as there can be. */
VERIFIED_ONCE u64 cost_of_call(struct thread *thread, u32 slot)
{
	struct call_cell *cell;

	if (!thread)
		return COST_MOST;
	cell = call_at(thread, thread->call_places[slot & (CALLS_PER_THREAD - 1)]);
	if (!cell || cell->key == MERGED_CALLS)
		return COST_MOST;
	/* The count is the cost where only samples are counted. */
	return (cell->total_ns + cell->inherited_ns + cell->count) & COST_MOST;
}

/* The slot of the kind of call that has cost least. */
VERIFIED_ONCE u32 cheapest_call(struct thread *thread)
{
	u64 least = ~0ULL;
	u32 slot;

	for (slot = 0; slot < CALLS_PER_THREAD; slot++) {
		u64 cost = cost_of_call(thread, slot) << SLOT_BITS | slot;

		if (cost < least)
			least = cost;
	}
	return least & (CALLS_PER_THREAD - 1);
}

/* Adds what is known of one kind of call to another, and empties the former for `key`. */
VERIFIED_ONCE int merge_call(struct call_cell *into, struct call_cell *from, u32 key)
{
	u64 inherited_ns;

	if (!into || !from)
		return 0;
	into->count += from->count;
	into->would_block += from->would_block;
	into->failed += from->failed;
	into->empty += from->empty;
	into->slept += from->slept;
	into->returned += from->returned;
	into->tiny += from->tiny;
	into->total_ns += from->total_ns;
	merge_lengths(into->latency, from->latency);
	inherited_ns = from->inherited_ns + from->total_ns + from->count;
	CLEAR(from);
	from->inherited_ns = inherited_ns;
	from->key = key;
	from->example_fd = -1;
	return 0;
}

/* The place of a kind of call for which there is no room: that of the cheapest kind, which is merged
 * with what has none, or the one of the latter. Frequent kinds get in after a few calls, and rare cheap
 * ones push nobody out. */
VERIFIED_ONCE int crowded_call(struct thread *thread, u32 key, u64 total_ns)
{
	enum { EACH = 16 };
	struct call_cell *from, *into;
	u32 at = first_place(key) & (CALLS_PER_THREAD - 1);
	u32 slot, place;
	int others;

	if (!thread)
		return -1;
	others = find_call(thread, MERGED_CALLS);
	if (others < 0 || thread->calls < CALLS_PER_THREAD || (total_ns < slow_ns && thread->lost_calls % EACH != EACH - 1)) {
		thread->lost_calls++;
		return others;
	}
	slot = cheapest_call(thread) & (CALLS_PER_THREAD - 1);
	place = thread->call_places[slot];
	from = call_at(thread, place);
	into = call_at(thread, others);
	if (!from || !into || from == into)
		return others;
	thread->lost_calls += from->count;
	merge_call(into, from, key);
	/* All slots are used, so that each is found from everywhere; the new one is found at once. */
	thread->call_keys[slot] = thread->call_keys[at];
	thread->call_places[slot] = thread->call_places[at];
	thread->call_keys[at] = key;
	thread->call_places[at] = place;
	return place;
}

/* Where the calls of that kind are counted; NULL if there is no room. The call took `total_ns`. */
INLINE struct call_cell *call_cell(struct thread *thread, u32 key, u64 total_ns)
{
	u32 at = first_place(key) & (CALLS_PER_THREAD - 1);
	int place;

	if (thread->call_keys[at] == key) {
		place = thread->call_places[at];
	} else {
		place = find_call(thread, key);
		if (place < 0)
			place = crowded_call(thread, key, total_ns);
		if (place < 0)
			return NULL;
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

/* A place of its own for waits of which there were none before; below 0 if there is no room. */
VERIFIED_ONCE int new_wait(struct thread *thread, u32 tag, u32 slot)
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
	thread->wait_places[slot & (WAITS_PER_THREAD - 1)] = place;
	thread->wait_tags[slot & (WAITS_PER_THREAD - 1)] = tag;
	return place;
}

/* What a slot of the table says of waits of that kind on that open file, in 32 bits, never 0. */
INLINE u32 tag_of_wait(u32 key, s32 fd, u64 file)
{
	return (key ^ ((u32)fd * 2246822519U) ^ (u32)file ^ (u32)(file >> 32)) | 1;
}

/* The first slot of the set in which a tag is looked for. */
INLINE u32 set_of_tag(u32 tag)
{
	return ((tag * 2654435769U) >> 29) * WAIT_WAYS;
}

/* The slot that has a tag, or else the first empty one, of `count` that begin at `first`; below 0 if
 * there is neither. */
VERIFIED_ONCE int slot_of_tag(struct thread *thread, u32 tag, u32 first, u32 count)
{
	u32 way;

	if (!thread)
		return -1;
	for (way = 0; way < MERGED_KINDS; way++) {
		u32 slot = (first + way) & (WAITS_PER_THREAD - 1);
		u32 there = thread->wait_tags[slot];

		if (way >= count)
			break;
		if (there == tag || !there)
			return slot;
	}
	return -1;
}

/* The place of merged waits of a kind. The last one is for kinds for which there is none. */
VERIFIED_ONCE int merged_wait(struct thread *thread, u32 key)
{
	u32 tag = tag_of_wait(key, -1, 0);
	struct wait_cell *cell;
	int slot, place;

	if (!thread)
		return -1;
	slot = slot_of_tag(thread, tag, FIRST_MERGED, MERGED_KINDS - 1);
	if (slot < 0) {
		slot = WAITS_PER_THREAD - 1;
		key = OTHER_CALL | 1U << KEY_USED;
	}
	if (thread->wait_tags[slot & (WAITS_PER_THREAD - 1)])
		return thread->wait_places[slot & (WAITS_PER_THREAD - 1)];
	place = new_wait(thread, tag, slot);
	if (place < 0)
		return -1;
	cell = wait_at(thread, place);
	if (!cell)
		return -1;
	cell->key = key;
	cell->fd = -1;
	return place;
}

/* What the waits at a slot have cost; `inherited` is 1 to count what their place had cost before. */
VERIFIED_ONCE u64 cost_of_wait(struct thread *thread, u32 slot, u32 inherited)
{
	struct wait_cell *cell;

	if (!thread)
		return 0;
	cell = wait_at(thread, thread->wait_places[slot & (WAITS_PER_THREAD - 1)]);
	if (!cell)
		return 0;
	return (cell->total_ns + cell->inherited_ns * inherited) & COST_MOST;
}

/* The slot of a full set that is to make room: the cheapest, but never the one whose own waits took
 * longest, whatever came later. */
VERIFIED_ONCE u32 cheapest_wait(struct thread *thread, u32 first)
{
	u64 most = 0, least = ~0ULL;
	u32 way;

	for (way = 0; way < WAIT_WAYS; way++) {
		u64 cost = cost_of_wait(thread, first + way, 0) << SLOT_BITS | way;

		if (cost > most)
			most = cost;
	}
	most &= CALLS_PER_THREAD - 1;
	for (way = 0; way < WAIT_WAYS; way++) {
		u64 cost = cost_of_wait(thread, first + way, 1) << SLOT_BITS | way;

		if (way != most && cost < least)
			least = cost;
	}
	return (first + (u32)(least & (CALLS_PER_THREAD - 1))) & (WAITS_PER_THREAD - 1);
}

INLINE void merge_stalls(struct stalls *into, const struct stalls *from)
{
	into->count += from->count;
	into->waiting_ns += from->waiting_ns;
	if (from->longest_ns > into->longest_ns)
		into->longest_ns = from->longest_ns;
}

/* Sleeps after what was the last question for events are stalls if the thread has asked since. */
VERIFIED_ONCE int settle_tail(struct wait_cell *cell, u64 asked_last_ns)
{
	if (!cell || cell->tail_asked_ns == asked_last_ns)
		return 0;
	merge_stalls(&cell->stalls, &cell->tail);
	__builtin_memset(&cell->tail, 0, sizeof(cell->tail));
	cell->tail_asked_ns = asked_last_ns;
	return 0;
}

/* Adds what is known of waits to others, and empties the former. */
VERIFIED_ONCE int merge_wait(struct wait_cell *into, struct wait_cell *from, u64 asked_last_ns)
{
	u64 inherited_ns;

	if (!into || !from)
		return 0;
	settle_tail(into, asked_last_ns);
	settle_tail(from, asked_last_ns);
	into->count += from->count;
	into->total_ns += from->total_ns;
	into->waiting_ns += from->waiting_ns;
	into->runnable_ns += from->runnable_ns;
	into->disk_ns += from->disk_ns;
	into->handed_over_ns += from->handed_over_ns;
	into->by_program_ns += from->by_program_ns;
	if (from->longest_ns > into->longest_ns)
		into->longest_ns = from->longest_ns;
	merge_stalls(&into->stalls, &from->stalls);
	merge_stalls(&into->tail, &from->tail);
	merge_lengths(into->latency, from->latency);
	inherited_ns = from->inherited_ns + from->total_ns;
	CLEAR(from);
	from->inherited_ns = inherited_ns;
	return 0;
}

/* Empties the place of the cheapest waits of a full set, which are merged with those of their kind.
 * Below 0 if that failed. */
VERIFIED_ONCE int make_room(struct thread *thread, u32 tag, u32 first)
{
	struct wait_cell *from, *into;
	u32 slot, place;
	int merged;

	if (!thread)
		return -1;
	slot = cheapest_wait(thread, first) & (WAITS_PER_THREAD - 1);
	place = thread->wait_places[slot];
	from = wait_at(thread, place);
	if (!from)
		return -1;
	merged = merged_wait(thread, from->key);
	into = merged < 0 ? NULL : wait_at(thread, merged);
	if (!into || into == from)
		return -1;
	if (into->key != from->key)
		thread->lost_waits += from->count;
	else if (from->file)
		thread->merged_waits += from->count;
	merge_wait(into, from, thread->asked_last_ns);
	thread->wait_tags[slot] = tag;
	return place;
}

/* The place of waits of that kind on that open file, of which there were none before, or which were
 * merged; below 0 if there is no room. */
INLINE int place_wait(struct thread *thread, u32 tag, int slot)
{
	struct wait_cell *cell;
	int place, merged;

	if (!thread->call.file) {
		merged = slot_of_tag(thread, tag, FIRST_MERGED, MERGED_KINDS - 1);
		if (merged >= 0 && thread->wait_tags[merged & (WAITS_PER_THREAD - 1)] == tag)
			return thread->wait_places[merged & (WAITS_PER_THREAD - 1)];
	}
	place = slot >= 0 ? new_wait(thread, tag, slot) : make_room(thread, tag, set_of_tag(tag));
	if (place < 0)
		return -1;
	cell = wait_at(thread, place);
	if (!cell)
		return -1;
	cell->key = thread->call.key;
	cell->fd = thread->call.fd;
	cell->file = thread->call.file;
	if (cell->file)
		announce(thread);
	return place;
}

/* Where waits for what the thread's call works on are counted; NULL if there is no room. */
INLINE struct wait_cell *wait_cell(struct thread *thread)
{
	u32 tag = tag_of_wait(thread->call.key, thread->call.fd, thread->call.file);
	int slot = slot_of_tag(thread, tag, set_of_tag(tag), WAIT_WAYS);
	int place;

	if (slot >= 0 && thread->wait_tags[slot & (WAITS_PER_THREAD - 1)] == tag)
		place = thread->wait_places[slot & (WAITS_PER_THREAD - 1)];
	else
		place = place_wait(thread, tag, slot);
	return place < 0 ? NULL : wait_at(thread, place);
}
