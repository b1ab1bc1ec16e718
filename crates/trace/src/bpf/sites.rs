//! What is watched in the kernel, and by which of the object's programs.
//!
//! A kernel that does not take the first variant of a program may take the next, which needs less
//! of it. What it has is found by trying, never by its version: distributions bring features to
//! older kernels, and configurations leave them out. The order of rows is that in which programs
//! are hooked in: lives first, so that no thread is seen before its beginning.

use whywait_record::{Detail, Feature};

/// One thing that is watched.
#[derive(Debug)]
pub(super) struct Site {
    /// The programs that can do it: the first that the kernel takes is used.
    pub(super) variants: &'static [Variant],
    /// In which detail it is watched; none: in both.
    pub(super) only_in: Option<Detail>,
    /// What the report lacks when the kernel takes no variant; none: nothing can be watched
    /// without it.
    pub(super) without: Option<Feature>,
}

/// A program and where it is hooked in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    /// Its name in the object.
    pub(super) program: &'static str,
    /// Where it is hooked in.
    pub(super) hook: Hook,
    /// What it needs beyond Linux 5.14.
    pub(super) needs: Option<Feature>,
}

/// Where a program is hooked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    /// A tracepoint, by its name.
    Tracepoint(&'static str),
    /// A walk over all tasks, which whywait starts.
    Tasks,
    /// A timer on each CPU.
    Sampler,
}

impl Site {
    /// Whether it is watched in that detail.
    pub(super) fn is_in(&self, detail: Detail) -> bool {
        self.only_in.is_none_or(|only| only == detail)
    }

    const fn needed(variants: &'static [Variant], only_in: Option<Detail>) -> Self {
        Self { variants, only_in, without: None }
    }
}

/// A program that Linux 5.14 takes.
const fn tracepoint(program: &'static str, name: &'static str) -> Variant {
    Variant { program, hook: Hook::Tracepoint(name), needs: None }
}

/// A program that needs more than Linux 5.14 has.
const fn newer(program: &'static str, name: &'static str, needs: Feature) -> Variant {
    Variant { program, hook: Hook::Tracepoint(name), needs: Some(needs) }
}

const fn tasks(program: &'static str) -> Variant {
    Variant { program, hook: Hook::Tasks, needs: None }
}

/// Everything that is watched.
pub(super) const SITES: &[Site] = &[
    Site::needed(&[tracepoint("on_new_task", "task_newtask")], None),
    Site::needed(
        &[
            newer("on_switch", "sched_switch", Feature::SwitchState),
            tracepoint("on_switch_without_state", "sched_switch"),
        ],
        None,
    ),
    Site::needed(&[tracepoint("on_waking", "sched_waking")], None),
    Site::needed(&[tracepoint("on_exit", "sys_exit")], Some(Detail::Full)),
    Site::needed(&[tracepoint("on_enter", "sys_enter")], Some(Detail::Full)),
    Site {
        variants: &[
            newer("on_request", "io_uring_submit_req", Feature::RingRequests),
            newer("on_sqe", "io_uring_submit_sqe", Feature::RingRequests),
        ],
        only_in: Some(Detail::Full),
        without: Some(Feature::RingRequests),
    },
    Site {
        variants: &[newer("on_punt", "io_uring_queue_async_work", Feature::RingPunts)],
        only_in: Some(Detail::Full),
        without: Some(Feature::RingPunts),
    },
    Site::needed(&[tracepoint("on_exec", "sched_process_exec")], None),
    Site::needed(&[tasks(SEED)], None),
    Site::needed(&[tasks(SETTLE)], None),
    Site {
        variants: &[Variant { program: "on_sample", hook: Hook::Sampler, needs: None }],
        only_in: Some(Detail::Light),
        without: Some(Feature::Sampling),
    },
];

/// Begins with every task of marked processes.
pub(super) const SEED: &str = "on_seed";
/// Closes the account of every watched thread that is alive.
pub(super) const SETTLE: &str = "on_settle";
