//! Where the time of a thread went.
//!
//! Left out on purpose: how a wait comes into its category; whoever judges decides that.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the time of a thread went, in seconds. All but `spinning`, which is a part of the CPU
/// time, add up to the time for which the thread was watched.
///
/// Of an entry that stands for several threads these are sums over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerSeconds {
    /// On a CPU, outside system calls; page faults and interrupts included.
    pub cpu_user: f64,
    /// On a CPU, inside system calls.
    pub cpu_kernel: f64,
    /// The part of `cpu_user` and `cpu_kernel` that went into asking again and again in vain.
    pub spinning: f64,
    /// Ready to run, and waiting for a CPU.
    pub runnable: f64,
    /// Asleep until the other end of one descriptor sends or takes: a socket, a pipe, a terminal.
    pub data: f64,
    /// Asleep until a file, a directory or a device that holds them is done; and whatever the
    /// kernel itself counts as waiting for a device.
    pub disk: f64,
    /// Asleep until any of several descriptors is ready, or an io_uring has a completion.
    pub multiplexer: f64,
    /// Asleep until another thread of the program has done work, or brings some.
    pub handoff: f64,
    /// Asleep until another thread or process gives up what this one needs.
    pub lock: f64,
    /// Asleep until a time that the thread itself has set, or a signal.
    pub sleep: f64,
    /// Asleep until a child process ends, or begins.
    pub child: f64,
    /// Asleep for any other reason; and what is not accounted for.
    pub other: f64,
}

impl LedgerSeconds {
    /// The parts that add up to the thread's life, each with its name as a reader knows it, in a
    /// fixed order. User and kernel time are one, `cpu`.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, f64); 10] {
        [
            ("cpu", self.cpu()),
            ("runnable", self.runnable),
            ("data", self.data),
            ("disk", self.disk),
            ("multiplexer", self.multiplexer),
            ("handoff", self.handoff),
            ("lock", self.lock),
            ("sleep", self.sleep),
            ("child", self.child),
            ("other", self.other),
        ]
    }

    /// Seconds on a CPU, in user and kernel mode.
    #[must_use]
    pub fn cpu(&self) -> f64 {
        self.cpu_user + self.cpu_kernel
    }

    /// The sum of all parts: how long the thread was watched.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, seconds)| seconds).sum()
    }
}

impl AddAssign for LedgerSeconds {
    fn add_assign(&mut self, other: Self) {
        self.cpu_user += other.cpu_user;
        self.cpu_kernel += other.cpu_kernel;
        self.spinning += other.spinning;
        self.runnable += other.runnable;
        self.data += other.data;
        self.disk += other.disk;
        self.multiplexer += other.multiplexer;
        self.handoff += other.handoff;
        self.lock += other.lock;
        self.sleep += other.sleep;
        self.child += other.child;
        self.other += other.other;
    }
}
