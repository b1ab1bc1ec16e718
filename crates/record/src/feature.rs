//! What watching uses of a kernel that not every kernel since Linux 5.14 has.
//!
//! Each has a fallback, or is left out of the report with a sentence that says so.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that a kernel may lack and that watching can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Feature {
    /// The tracepoint `sched_switch` passes the state in which a thread leaves its CPU (Linux
    /// 5.18). Fallback: the state is read from the task, which another CPU may be changing.
    SwitchState,
    /// The helper `bpf_task_pt_regs` (Linux 5.15). Fallback: registers are read from where they lie
    /// on the task's kernel stack.
    TaskRegisters,
    /// A tracepoint of io_uring passes each request as it is submitted (Linux 6.0).
    RingRequests,
    /// A tracepoint of io_uring passes each request that a worker gets (Linux 6.0).
    RingPunts,
    /// A timer that interrupts each CPU (perf_event_open(2)). Fallback: user and kernel CPU time
    /// come from the scheduler's own ticks.
    Sampling,
}

impl Feature {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::SwitchState,
        Self::TaskRegisters,
        Self::RingRequests,
        Self::RingPunts,
        Self::Sampling,
    ];

    /// Its name, as in a record and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SwitchState => "switch-state",
            Self::TaskRegisters => "task-registers",
            Self::RingRequests => "ring-requests",
            Self::RingPunts => "ring-punts",
            Self::Sampling => "sampling",
        }
    }

    /// What a report lacks without it, in a sentence; none if it lacks nothing.
    #[must_use]
    pub const fn missing(self) -> Option<&'static str> {
        match self {
            Self::SwitchState | Self::TaskRegisters => None,
            Self::RingRequests => Some(
                "Requests of io_uring were not counted: this kernel does not pass them to \
                 tracepoints (Linux 6.0 and later do).",
            ),
            Self::RingPunts => Some(
                "Requests that io_uring handed to its workers were not counted: this kernel does \
                 not pass them to tracepoints (Linux 6.0 and later do).",
            ),
            Self::Sampling => Some(
                "What ran on the CPUs was not sampled: this kernel gave no sampling timer. The \
                 split of CPU time into user and kernel comes from its ticks.",
            ),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_in_the_page_about_watching() {
        let page = include_str!("../../../docs/watching.md");
        for feature in Feature::ALL {
            assert!(page.contains(&format!("\n| `{feature}` | ")), "{feature}");
        }
    }

    #[test]
    fn a_name_is_what_a_record_has() {
        for feature in Feature::ALL {
            let recorded = serde_json::to_value(feature).expect("a feature is serialised");
            assert_eq!(recorded, feature.name());
        }
    }
}
