//! What the programs in the kernel and whywait share: `bpf/layout.h` in Rust.
//!
//! Left out on purpose: what these things mean; their comments stand in the C header.
#![expect(unsafe_code, reason = "structures are read as the bytes that the kernel wrote")]

use aya::Pod;
use whywait_record::Syscall;

pub(super) const MAX_THREADS: u32 = 4096;
pub(super) const CALLS_PER_CHUNK: usize = 8;
pub(super) const WAITS_PER_CHUNK: usize = 4;
const CALLS_PER_THREAD: usize = 64;
const WAITS_PER_THREAD: usize = 64;
const BUCKETS: usize = 32;
pub(super) const FRAMES: usize = 16;
pub(super) const STACK_WORDS: usize = 64;
pub(super) const NAME_PARTS: usize = 8;
pub(super) const NAME_BYTES: usize = 40;

/// A sleep outside calls.
pub(super) const NO_CALL: u16 = 1023;
/// Calls that are not told apart.
pub(super) const OTHER_CALL: u16 = Syscall::OTHER.0;
/// What the sampling timer found outside calls.
pub(super) const USER_CODE: u16 = 1021;

pub(super) const RUNNING: u32 = 0;
pub(super) const WAITING: u32 = 1;
pub(super) const RUNNABLE: u32 = 2;
pub(super) const DEAD: u32 = 3;

pub(super) const EVENT_BEGAN: u32 = 1;
pub(super) const EVENT_EXECUTED: u32 = 2;
pub(super) const EVENT_ENDED: u32 = 3;
pub(super) const EVENT_DESCRIPTOR: u32 = 4;
pub(super) const EVENT_SLOW_CALL: u32 = 5;
pub(super) const EVENT_THEN_READY: u32 = 6;

/// Structures of the header, each with its size there.
macro_rules! shared {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $kind:ty,)* } is $size:literal)*) => {
        $(
            $(#[$attribute])*
            #[derive(Clone, Copy, Debug)]
            #[repr(C)]
            pub(super) struct $name {
                $(pub(super) $field: $kind,)*
            }

            // SAFETY: it has only numbers and arrays of them, for which all bytes are valid, and
            // no padding, as the assertion below says.
            unsafe impl Pod for $name {}

            const _: () = assert!(size_of::<$name>() == $size);
            const _: () = assert!(0 $(+ size_of::<$kind>())* == $size);
        )*

        /// Every structure with its fields and their sizes.
        #[cfg(test)]
        const STRUCTURES: &[(&str, &[(&str, usize)])] = &[
            $((stringify!($name), &[$((stringify!($field), size_of::<$kind>()),)*]),)*
        ];
    };
}

shared! {
    CallCell {
        key: u32,
        example_fd: i32,
        example_file: u64,
        count: u64,
        would_block: u64,
        failed: u64,
        empty: u64,
        slept: u64,
        returned: u64,
        tiny: u64,
        total_ns: u64,
        inherited_ns: u64,
        latency: [u32; BUCKETS],
    } is 216

    Stalls { count: u64, waiting_ns: u64, longest_ns: u64, } is 24

    WaitCell {
        key: u32,
        fd: i32,
        file: u64,
        count: u64,
        total_ns: u64,
        waiting_ns: u64,
        runnable_ns: u64,
        disk_ns: u64,
        handed_over_ns: u64,
        by_program_ns: u64,
        longest_ns: u64,
        stalls: Stalls,
        tail: Stalls,
        tail_asked_ns: u64,
        inherited_ns: u64,
        latency: [u32; BUCKETS],
    } is 272

    CallChunk { cells: [CallCell; CALLS_PER_CHUNK], } is 1728

    WaitChunk { cells: [WaitCell; WAITS_PER_CHUNK], } is 1088

    Sleeps {
        waiting_ns: u64,
        runnable_ns: u64,
        disk_ns: u64,
        handed_over_ns: u64,
        by_program_ns: u64,
        waker: u32,
        happened: u32,
    } is 48

    CallState {
        entered_ns: u64,
        file_at: u64,
        file: u64,
        nr: u32,
        key: u32,
        fd: i32,
        unused: u32,
    } is 40

    Row {
        last_ns: u64,
        task: u64,
        state: u32,
        slot: u32,
        call: CallState,
        user_ns: u64,
        kernel_ns: u64,
        runnable_ns: u64,
        waiting_ns: u64,
        spinning_ns: u64,
        fruitless_cpu_ns: u64,
        voluntary: u64,
        involuntary: u64,
        sleeps: Sleeps,
        woken_ns: u64,
        waker: u32,
        has_woken: u32,
        in_iowait: u32,
        io_worker: u32,
        on_cpu_since_ns: u64,
        exec_then_ns: u64,
        asked_first_ns: u64,
        asked_last_ns: u64,
        stalled_at_ns: u64,
        slow_window: u64,
        slow_sent: u32,
        tid: u32,
        tgid: u32,
        parent_tid: u32,
        parent_tgid: u32,
        exit_code: i32,
        began_ns: u64,
        ended_ns: u64,
        exec_first_ns: u64,
        exec_last_ns: u64,
        utime_first_ns: u64,
        stime_first_ns: u64,
        utime_last_ns: u64,
        stime_last_ns: u64,
        threads_created: u64,
        processes_created: u64,
        execs: u64,
        lost_calls: u64,
        lost_waits: u64,
        merged_waits: u64,
        comm: [u8; 16],
        calls: u32,
        waits: u32,
        call_chunks: [u32; CALLS_PER_THREAD / CALLS_PER_CHUNK],
        wait_chunks: [u32; WAITS_PER_THREAD / WAITS_PER_CHUNK],
        call_keys: [u32; CALLS_PER_THREAD],
        wait_tags: [u32; WAITS_PER_THREAD],
        call_places: [u8; CALLS_PER_THREAD],
        wait_places: [u8; WAITS_PER_THREAD],
    } is 1144

    WakeKey { waker: u32, sleeper: u32, nr: u32, unused: u32, } is 16

    WakeValue { count: u64, waited_ns: u64, } is 16

    RingKey { tid: u32, opcode: u32, } is 8

    RingValue { submitted: u64, punted: u64, } is 16

    Counters {
        lost_events: u64,
        lost_threads: u64,
        lost_chunks: u64,
        lost_wakes: u64,
        skipped_slow_calls: u64,
        lost_timeline: u64,
        next_thread: u64,
        next_call_chunk: u64,
        next_wait_chunk: u64,
        slow_window: u64,
        slow_sent: u64,
        punts: u64,
        level: u64,
    } is 104

    LifeEvent {
        kind: u32,
        slot: u32,
        tid: u32,
        tgid: u32,
        parent_tid: u32,
        parent_tgid: u32,
        exit_code: i32,
        io_worker: u32,
        session: u32,
        unused: u32,
        at_ns: u64,
        comm: [u8; 16],
    } is 64

    DescriptorEvent {
        kind: u32,
        tgid: u32,
        fd: i32,
        class: u32,
        file: u64,
        family: u16,
        socket_type: u16,
        remote_port: u16,
        local_port: u16,
        remote: [u8; 16],
        local: [u8; 16],
        names: [[u8; NAME_BYTES]; NAME_PARTS],
    } is 384

    SlowEvent {
        kind: u32,
        tid: u32,
        tgid: u32,
        key: u32,
        fd: i32,
        waker: u32,
        file: u64,
        began_ns: u64,
        total_ns: u64,
        waiting_ns: u64,
        runnable_ns: u64,
        returned: i64,
        instruction: u64,
        stack_pointer: u64,
        frame_pointer: u64,
        frames_bytes: u32,
        words: u32,
        frames: [u64; FRAMES],
        stack: [u64; STACK_WORDS],
    } is 744

    ReadyEvent { kind: u32, tid: u32, began_ns: u64, ready: u64, } is 24

    SleptEvent {
        kind: u32,
        tid: u32,
        key: u32,
        fd: i32,
        file: u64,
        out_ns: u64,
        woken_ns: u64,
        in_ns: u64,
        waker: u32,
        tgid: u32,
    } is 56
}

impl WaitCell {
    /// Of no waits.
    // SAFETY: it has only numbers and arrays of them, for which zeroes are valid.
    pub(super) const EMPTY: Self = unsafe { std::mem::zeroed() };
}

impl Row {
    /// The row of nobody.
    // SAFETY: it has only numbers and arrays of them, for which zeroes are valid.
    pub(super) const EMPTY: Self = unsafe { std::mem::zeroed() };
}

/// An event of that type; none if there are too few bytes.
pub(super) fn read_event<T: Pod>(bytes: &[u8]) -> Option<T> {
    (bytes.len() >= size_of::<T>()).then(|| {
        // SAFETY: there are enough bytes, any bytes are a valid `T`, and they need not be aligned.
        unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
    })
}

/// A kind of call, unpacked; see `KEY_CLASS` and its kin in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) nr: u16,
    pub(super) class: u8,
    pub(super) at_once: bool,
    pub(super) breadth: u8,
}

impl From<u32> for Key {
    fn from(key: u32) -> Self {
        Self {
            nr: (key & 1023) as u16,
            class: ((key >> 10) & 7) as u8,
            at_once: (key >> 13) & 1 == 1,
            breadth: ((key >> 14) & 3) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::STRUCTURES;

    const HEADER: &str = include_str!("../../bpf/layout.h");

    #[test]
    fn every_structure_is_that_of_the_header() {
        let mut sizes: HashMap<String, usize> =
            [("u8", 1), ("char", 1), ("u16", 2), ("u32", 4), ("s32", 4), ("u64", 8), ("s64", 8)]
                .map(|(name, bytes)| (name.to_owned(), bytes))
                .into();
        let constants = constants();
        for (name, fields) in STRUCTURES {
            let name = name_in_c(name);
            let there = fields_of(&name, &sizes, &constants);
            let here: Vec<_> =
                fields.iter().map(|(field, bytes)| ((*field).to_owned(), *bytes)).collect();
            assert_eq!(there, here, "struct {name}");
            sizes.insert(format!("struct {name}"), there.iter().map(|(_, bytes)| bytes).sum());
        }
    }

    /// `CallCell` is `call_cell`, and `Row` is `thread`.
    fn name_in_c(name: &str) -> String {
        if name == "Row" {
            return "thread".into();
        }
        let mut words = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push('_');
            }
            words.extend(letter.to_lowercase());
        }
        words
    }

    fn constants() -> HashMap<&'static str, usize> {
        HEADER
            .lines()
            .filter_map(|line| line.trim().split_once(" = "))
            .filter_map(|(name, value)| {
                let digits = value.split([',', ' ']).next()?;
                Some((name, digits.parse().ok()?))
            })
            .collect()
    }

    /// The fields of a structure of the header with their sizes; there is no padding, which the
    /// sizes beside the structures in this file prove.
    fn fields_of(
        name: &str,
        sizes: &HashMap<String, usize>,
        constants: &HashMap<&str, usize>,
    ) -> Vec<(String, usize)> {
        let (_, rest) =
            HEADER.split_once(&format!("\nstruct {name} {{\n")).expect("the structure is there");
        let (body, _) = rest.split_once("\n};").expect("it has an end");
        body.lines()
            .map(|line| line.split("/*").next().expect("there is a first part").trim())
            .filter_map(|line| line.strip_suffix(';'))
            .map(|line| {
                let (kind, declared) = line
                    .rsplit_once(' ')
                    .filter(|(_, name)| !name.ends_with(']'))
                    .unwrap_or_else(|| split_array(line));
                let mut parts = declared.split('[');
                let field = parts.next().expect("a field has a name").to_owned();
                let count: usize =
                    parts.map(|part| length(part.trim_end_matches(']'), constants)).product();
                (field, sizes[kind] * count)
            })
            .collect()
    }

    /// A declaration with a length, in which there may be spaces.
    fn split_array(line: &str) -> (&str, &str) {
        let bracket = line.find('[').unwrap_or(line.len());
        let space = line[..bracket].rfind(' ').expect("a field has a type");
        (&line[..space], &line[space + 1..])
    }

    /// A length: a number, a constant, or a quotient of two.
    fn length(text: &str, constants: &HashMap<&str, usize>) -> usize {
        match text.split_once(" / ") {
            Some((one, other)) => length(one, constants) / length(other, constants),
            None => text.parse().unwrap_or_else(|_| constants[text]),
        }
    }
}
