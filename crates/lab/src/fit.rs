//! Whether a model can run a plan here, and how many flows at once.

use std::fs;

use rustix::process::{Resource, getrlimit};
use whywait::{Model, WorkersKind};
use whywait_plan::Plan;

/// Descriptors that a process needs for itself: standard streams, channels, rings, an eventfd.
const OWN_DESCRIPTORS: usize = 64;

/// What a model may do with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It can run it, with at most so many flows in progress.
    Fits {
        /// None sets no limit.
        max_flows: Option<usize>,
    },
    /// It cannot, and why, with both numbers.
    Not(String),
}

/// What the machine grants a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grants {
    /// `RLIMIT_NOFILE`.
    pub(crate) descriptors: usize,
    /// Threads that may still be started.
    pub(crate) threads: usize,
}

impl Grants {
    pub(crate) fn here() -> Self {
        let limit = |resource| getrlimit(resource).current.unwrap_or(u64::MAX);
        let number = |path: &str| -> u64 {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.trim().parse().unwrap_or(u64::MAX)
        };
        let threads = limit(Resource::Nproc)
            .min(number("/proc/sys/kernel/threads-max"))
            .min(number("/proc/sys/kernel/pid_max"))
            // A thread's stack and its guard are two mappings.
            .min(number("/proc/sys/vm/max_map_count") / 2)
            .min(number("/sys/fs/cgroup/pids.max"));
        Self {
            descriptors: usize::try_from(limit(Resource::Nofile)).unwrap_or(usize::MAX),
            threads: usize::try_from(threads).unwrap_or(usize::MAX),
        }
    }
}

/// Whether `model` can run `plan` with what the machine grants.
pub(crate) fn check(model: Model, plan: &Plan, grants: Grants) -> Fit {
    let needed = plan.needs_concurrency;
    let capacity = capacity(model, grants);
    if needed > capacity.flows {
        return Fit::Not(format!(
            "the plan needs {needed} flows to advance at once, and `{model}` can advance {} here \
             ({})",
            capacity.flows, capacity.limited_by
        ));
    }
    let limit = plan.max_in_flight.unwrap_or(usize::MAX).min(capacity.flows);
    let max_flows = (limit < plan.flow_count() as usize).then_some(limit);
    Fit::Fits { max_flows }
}

struct Capacity {
    flows: usize,
    limited_by: String,
}

/// How many flows a model can have in progress, each with a descriptor of its own.
fn capacity(model: Model, grants: Grants) -> Capacity {
    let workers = model.workers().map_or(usize::MAX, std::num::NonZeroUsize::get);
    let descriptors = grants.descriptors.saturating_sub(OWN_DESCRIPTORS);
    let overlaps = model.driver().is_some_and(|driver| driver.overlaps);
    let by_descriptors = |processes: usize| Capacity {
        flows: descriptors.saturating_mul(processes),
        limited_by: format!("{} descriptors a process", grants.descriptors),
    };
    match (model.row().workers, overlaps) {
        (WorkersKind::ThreadPerFlow, _) if grants.threads < descriptors => Capacity {
            flows: grants.threads,
            limited_by: format!("{} threads are allowed", grants.threads),
        },
        (WorkersKind::ThreadPerFlow, _) => by_descriptors(1),
        (_, false) => {
            Capacity { flows: workers, limited_by: "one at a time on each worker".into() }
        }
        (WorkersKind::Processes, true) => by_descriptors(workers),
        (_, true) => by_descriptors(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANTS: Grants = Grants { descriptors: 1064, threads: 500 };

    fn plan(flows: u32, needs: usize) -> Plan {
        let text = format!(
            "name = \"sleepers\"\nneeds_concurrency = {needs}\n\
             [[flow]]\ncount = {flows}\nsteps = [{{ sleep = \"1 ms\" }}]\n"
        );
        Plan::parse("test", &text).unwrap()
    }

    fn fit(model: &str, flows: u32, needs: usize) -> Fit {
        check(model.parse().unwrap(), &plan(flows, needs), GRANTS)
    }

    #[test]
    fn a_model_that_cannot_overlap_enough_says_both_numbers() {
        for (model, capacity) in [("blocking", "1"), ("thread-pool:3", "3"), ("threads", "500")] {
            let Fit::Not(why) = fit(model, 2000, 700) else { panic!("{model} fits") };
            assert!(why.contains("needs 700") && why.contains(capacity), "{model}: {why}");
        }
    }

    #[test]
    fn flows_past_the_descriptors_wait_for_their_turn() {
        assert_eq!(fit("epoll", 5000, 1), Fit::Fits { max_flows: Some(1000) });
        assert_eq!(fit("epoll-processes:4", 5000, 1), Fit::Fits { max_flows: Some(4000) });
        assert_eq!(fit("epoll", 10, 1), Fit::Fits { max_flows: None });
    }

    #[test]
    fn this_machine_grants_something() {
        let grants = Grants::here();
        assert!(grants.descriptors > 0 && grants.threads > 0, "{grants:?}");
    }
}
