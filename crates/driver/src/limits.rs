//! What a driver cannot promise.

use std::os::fd::RawFd;

/// What a driver can and cannot promise.
///
/// A conformance check names the limits that it needs; where a driver lacks one, the suite
/// asserts the documented refusal instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Several ops are in progress at once. Without it they are carried out one after another,
    /// in the order of submission, inside `wait`.
    pub overlap: bool,
    /// A cancel or a notification reaches an op that is being carried out. Without it they
    /// take effect before the next op starts.
    pub interrupts_running: bool,
    /// The worker's own thread never blocks in a file operation.
    pub files_never_block: bool,
    /// A deadline ends a file operation that has started.
    pub deadline_on_files: bool,
    /// The highest descriptor number that the driver can wait for: `select`'s `FD_SETSIZE - 1`.
    /// An op that has to wait on a higher one fails, and says so.
    pub max_descriptor: Option<RawFd>,
    /// Most ops in flight at once.
    pub max_in_flight: usize,
}
