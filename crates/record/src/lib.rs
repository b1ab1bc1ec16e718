//! What was seen of a program: plain data, which can be added up, stored and judged later.
//!
//! All times are nanoseconds of CLOCK_MONOTONIC; those named `…_at_ns` count from the moment at
//! which watching began, the others are lengths.
//!
//! Left out on purpose: how it was seen (the backends fill these types in), and any judgement.

mod absorb;
mod average;
mod call;
mod capture;
mod cost;
mod descriptor;
#[cfg(test)]
mod example;
mod feature;
pub mod file;
mod histogram;
mod merge;
mod open_descriptor;
mod process;
mod redact;
mod slow_call;
mod stalls;
mod syscall;
mod thread;
mod timeline;
mod wait;
mod wake;

pub use call::{Breadth, Call, Control, RingOperations};
pub use capture::{Capture, Host};
pub use cost::{Cost, Exhaustion, Losses};
pub use descriptor::{Descriptor, DescriptorId, DescriptorKind};
pub use feature::Feature;
pub use histogram::Histogram;
pub use merge::{MergeError, Merged, NotSummed, merge};
pub use open_descriptor::OpenDescriptor;
pub use process::{Command, Ending, Process};
pub use redact::redact;
pub use slow_call::{Frame, Place, SlowCall};
pub use stalls::Stalls;
pub use syscall::{
    CALLS, Category, Limit, Meaning, Outcome, Purpose, Syscall, WaitsFor, kernel_traits,
};
pub use thread::{Asking, InFlight, Sample, SampledMode, Switches, Thread, ThreadTime};
pub use timeline::{Edge, Interval, IntervalState, Timeline};
pub use wait::Wait;
pub use wake::{Wake, Waker};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that was seen of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Where and when it was made.
    pub capture: Capture,
    /// How much was watched.
    pub detail: Detail,
    /// By what.
    pub backend: Backend,
    /// How long watching lasted.
    pub wall_ns: u64,
    /// The process that was started or named on the command line.
    pub root_pid: u32,
    /// How the root ended; none while it runs.
    pub ending: Option<Ending>,
    /// Every process that was seen, in the order in which they were.
    pub processes: Vec<Process>,
    /// The descriptors that calls and waits name, by [`DescriptorId`].
    pub descriptors: Vec<Descriptor>,
    /// Who ended whose waits, added up.
    pub wakes: Vec<Wake>,
    /// Calls that took longer than [`Record::slow_call_ns`], in the order in which they ended; at
    /// most some thousands, see [`Losses::slow_calls`].
    pub slow_calls: Vec<SlowCall>,
    /// From which length on a call is a slow one.
    pub slow_call_ns: u64,
    /// The recording of every state and waking; only where it was asked for.
    pub timeline: Option<Timeline>,
    /// What watching cost.
    pub cost: Cost,
    /// What was not seen.
    pub losses: Losses,
    /// What was not watched, because the kernel lacks what it takes.
    #[serde(default)]
    pub not_watched: Vec<Feature>,
}

/// How much is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Every call, with its outcome and length.
    Full,
    /// The scheduler and a sampling timer: every call that slept is known, those that did not are
    /// sampled. [`Thread::calls`] is then empty.
    Light,
}

/// By what a program is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// Programs in the kernel, bpf(2).
    Bpf,
}

impl Record {
    /// All threads with their processes, in the order in which they were seen.
    pub fn threads(&self) -> impl Iterator<Item = (&Process, &Thread)> {
        self.processes
            .iter()
            .flat_map(|process| process.threads.iter().map(move |thread| (process, thread)))
    }

    /// The process that was started or named on the command line, if it was seen.
    #[must_use]
    pub fn root(&self) -> Option<&Process> {
        self.processes.iter().find(|process| process.pid == self.root_pid)
    }

    /// The thread of that number.
    #[must_use]
    pub fn thread(&self, tid: u32) -> Option<&Thread> {
        self.threads().map(|(_, thread)| thread).find(|thread| thread.tid == tid)
    }

    /// The descriptor of that id.
    #[must_use]
    pub fn descriptor(&self, id: DescriptorId) -> Option<&Descriptor> {
        self.descriptors.get(id.0 as usize)
    }
}
