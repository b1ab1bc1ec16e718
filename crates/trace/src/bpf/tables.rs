//! The maps in the kernel, as what they are declared.
//!
//! Left out on purpose: what their rows mean; see `harvest`.

use aya::maps::{Array, HashMap, MapData, Queue, RingBuf};

use super::layout::{CallChunk, Counters, RingKey, RingValue, Row, WaitChunk};
use super::programs::Programs;
use super::task_storage::TaskStorage;
use super::wakings;
use crate::Error;

/// The maps in the kernel. They live as long as this does, also when no program uses them any more.
pub(super) struct Tables {
    pub(super) slots: TaskStorage,
    pub(super) threads: Array<MapData, Row>,
    pub(super) call_chunks: Array<MapData, CallChunk>,
    pub(super) wait_chunks: Array<MapData, WaitChunk>,
    pub(super) free_threads: Queue<MapData, u32>,
    pub(super) free_call_chunks: Queue<MapData, u32>,
    pub(super) free_wait_chunks: Queue<MapData, u32>,
    pub(super) wakes: wakings::Table,
    pub(super) ring_operations: HashMap<MapData, RingKey, RingValue>,
    pub(super) counters: Array<MapData, Counters>,
    pub(super) events: RingBuf<MapData>,
    pub(super) sleeps_recorded: RingBuf<MapData>,
}

impl Tables {
    /// Takes them from the programs, which go on using them.
    pub(super) fn of(programs: &mut Programs) -> Self {
        Self {
            slots: programs.take_task_storage("slots"),
            threads: programs.take_map("threads"),
            call_chunks: programs.take_map("call_chunks"),
            wait_chunks: programs.take_map("wait_chunks"),
            free_threads: programs.take_map("free_threads"),
            free_call_chunks: programs.take_map("free_call_chunks"),
            free_wait_chunks: programs.take_map("free_wait_chunks"),
            wakes: programs.take_map("wakes"),
            ring_operations: programs.take_map("ring_operations"),
            counters: programs.take_map("counters"),
            events: programs.take_map("events"),
            sleeps_recorded: programs.take_map("sleeps_recorded"),
        }
    }

    /// What the programs counted for all threads together.
    pub(super) fn counters(&self) -> Result<Counters, Error> {
        self.counters.get(&0, 0).map_err(|error| unreadable("what was lost", &error))
    }
}

/// A table that cannot be read or written, which only lack of memory can bring about.
pub(super) fn unreadable(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Io {
        tried: format!("read {what} from the kernel"),
        source: std::io::Error::other(error.to_string()),
    }
}
