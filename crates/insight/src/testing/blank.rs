//! A thread that did nothing yet.
//!
//! Left out on purpose: what it does; whoever builds a record adds that.

use whywait_record::Thread;

/// A thread of that number, name and life, and nothing else.
pub(crate) fn thread_of(tid: u32, name: &str, lived_ns: u64) -> Thread {
    Thread { lived_ns, ..Thread::begun(tid, name.to_owned(), 0) }
}
