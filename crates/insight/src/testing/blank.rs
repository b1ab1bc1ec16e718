//! A thread that did nothing yet.
//!
//! Left out on purpose: what it does; whoever builds a record adds that.

use whywait_record::{Switches, Thread, ThreadTime};

/// A thread of that number, name and life, and nothing else.
pub(crate) fn thread_of(tid: u32, name: &str, lived_ns: u64) -> Thread {
    Thread {
        tid,
        name: name.to_owned(),
        stands_for: 1,
        created_by: None,
        io_worker: false,
        began_at_ns: 0,
        ended_at_ns: None,
        lived_ns,
        time: ThreadTime::default(),
        kernel_says_cpu_ns: 0,
        switches: Switches::default(),
        threads_created: 0,
        processes_created: 0,
        calls: Vec::new(),
        waits: Vec::new(),
        ring_operations: Vec::new(),
        in_flight: None,
        asking: None,
        samples: Vec::new(),
    }
}
