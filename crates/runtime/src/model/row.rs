//! What a row of the table of models says.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One I/O model: a driver and workers, and what people call it.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// Whether a call gives control back before it is done; none where it is chosen.
    pub control: Option<Control>,
    /// Who finds out that an operation is done; none where it is chosen.
    pub notice: Option<Notice>,
    /// The driver with which each worker waits, a name in `DRIVERS`; none where it is chosen.
    pub driver: Option<&'static str>,
    /// Who does the work.
    pub workers: WorkersKind,
    /// The kernel's view: who spends the two phases of a receive; none where it is chosen.
    pub phases: Option<Phases>,
    /// What others call it.
    pub also_called: &'static str,
    /// What a diagnosis calls a program of this model: the name of its shape in the document of
    /// `whywait explain`. A server's comes first; then that of a program which runs flows, or has
    /// files, where that is another. None where it is chosen.
    pub seen_as: &'static [&'static str],
    /// Names of findings that a diagnosis may have of a server of this model. Some models exist to
    /// show what is wrong with them; whether it is found depends on how busy the machine is.
    pub warned_of: &'static [&'static str],
}

/// Whether a call gives control back before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// The call returns when it is done.
    Blocking,
    /// The call returns at once.
    NonBlocking,
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Blocking => "blocking",
            Self::NonBlocking => "non-blocking",
        })
    }
}

/// Who finds out that an operation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// The caller, by waiting in the call or asking again.
    Synchronous,
    /// Whoever did the work tells the caller.
    Asynchronous,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Synchronous => "synchronous",
            Self::Asynchronous => "asynchronous",
        })
    }
}

/// Who does the work of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkersKind {
    /// The calling thread alone, with its driver's helpers if it has such.
    One,
    /// A thread per flow, started for it.
    ThreadPerFlow,
    /// N threads, a driver each.
    Threads,
    /// N processes, a driver each; jobs and results travel over sockets.
    Processes,
    /// A process per flow, started for it.
    ProcessPerFlow,
    /// Decided when the work is known.
    Chosen,
}

impl WorkersKind {
    /// Whether `name:N` sets a number of workers.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, Self::Threads | Self::Processes)
    }
}

/// The kernel's view of an operation: who spends the two phases of a receive (waiting for data,
/// copying it), as POSIX's definition of asynchronous I/O asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// Who waits for the data.
    pub wait: Spender,
    /// Who copies the data.
    pub copy: Spender,
}

impl Phases {
    /// Both on the caller's thread.
    pub const CALLER: Self = Self { wait: Spender::Caller, copy: Spender::Caller };
    /// Both on a helper thread, while the caller waits for the helper.
    pub const HELPER: Self = Self { wait: Spender::Helper, copy: Spender::Helper };
    /// One wait for all descriptors; the caller copies.
    pub const MULTIPLEXED: Self = Self { wait: Spender::Shared, copy: Spender::Caller };
    /// Both taken off the caller's hands.
    pub const KERNEL: Self = Self { wait: Spender::Kernel, copy: Spender::Kernel };

    /// Whether the kernel does both while the caller does something else: asynchronous in the
    /// sense of POSIX.
    #[must_use]
    pub fn is_asynchronous(self) -> bool {
        self == Self::KERNEL
    }
}

/// Who spends a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spender {
    /// The thread that asked.
    Caller,
    /// Another thread of the program.
    Helper,
    /// The thread that asked, once for all descriptors.
    Shared,
    /// The kernel, while the program goes on.
    Kernel,
}

impl fmt::Display for Spender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Caller => "caller",
            Self::Helper => "helper",
            Self::Shared => "shared",
            Self::Kernel => "kernel",
        })
    }
}
