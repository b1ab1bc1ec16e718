//! Whether a model can run a plan here, and how many flows at once.

use std::fs;

use rustix::process::{Resource, getrlimit};
use whywait::{Model, Runtime, WorkersKind};
use whywait_plan::Plan;

use crate::descriptors::Descriptors;
use crate::machine;

/// Descriptors that a process needs for itself: standard streams, channels, rings, an eventfd.
const OWN_DESCRIPTORS: usize = 64;

/// Memory that a process takes which is started for one flow or connection: its stacks, its heap
/// and its page tables, measured at 10,000 of them.
const PROCESS_BYTES: u64 = 450 << 10;

/// Threads of a process that runs a flow: one listens to the parent.
const THREADS_OF_A_FLOW: usize = 2;

/// Threads of a process that serves a connection.
const THREADS_OF_A_CONNECTION: usize = 1;

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
    /// Memory that is to be had without swapping.
    pub(crate) memory_bytes: u64,
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
        // What cannot be read sets no limit.
        let available = Some(machine::memory_bytes("MemAvailable:")).filter(|bytes| *bytes > 0);
        let memory_bytes = available.unwrap_or(u64::MAX).min(number("/sys/fs/cgroup/memory.max"));
        Self {
            memory_bytes,
            descriptors: usize::try_from(limit(Resource::Nofile)).unwrap_or(usize::MAX),
            threads: usize::try_from(threads).unwrap_or(usize::MAX),
        }
    }
}

/// Whether `model` can run `plan` with what the machine grants.
pub(crate) fn check(model: Model, plan: &Plan, grants: Grants) -> Fit {
    let needed = plan.needs_concurrency;
    let capacity = capacity(model, Descriptors::of(plan), THREADS_OF_A_FLOW, grants);
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

/// Whether `model` can serve so many connections at once, and if not, why, with both numbers.
pub(crate) fn check_connections(
    model: Model,
    connections: usize,
    grants: Grants,
) -> Result<(), String> {
    let each = Descriptors { flow: 1, peers: 0 };
    let capacity = capacity(model, each, THREADS_OF_A_CONNECTION, grants);
    if connections <= capacity.flows {
        return Ok(());
    }
    Err(format!(
        "{connections} connections are open at once, and `{model}` can serve {} here ({})",
        capacity.flows, capacity.limited_by
    ))
}

struct Capacity {
    flows: usize,
    limited_by: String,
}

impl Capacity {
    /// The smaller one of the two.
    fn or(self, other: Self) -> Self {
        if other.flows < self.flows { other } else { self }
    }
}

/// How many flows a model can have in progress, each with so many descriptors, and so many threads
/// where it has a process of its own.
fn capacity(model: Model, each: Descriptors, threads: usize, grants: Grants) -> Capacity {
    let workers = model.workers().map_or(usize::MAX, std::num::NonZeroUsize::get);
    let overlaps = model.driver().is_some_and(|driver| driver.overlaps);
    let processes = match model.row().workers {
        WorkersKind::Processes => workers,
        _ => 1,
    };
    let by_workers = match (model.row().workers, overlaps) {
        (WorkersKind::ThreadPerFlow, _) => Capacity {
            flows: grants.threads,
            limited_by: format!("{} threads are allowed", grants.threads),
        },
        (WorkersKind::ProcessPerFlow, _) => of_processes(threads, grants),
        (_, true) => Capacity { flows: usize::MAX, limited_by: String::new() },
        (_, false) => {
            Capacity { flows: workers, limited_by: "one at a time on each worker".into() }
        }
    };
    let (granted, limited_by) = descriptors(model, grants);
    let by_descriptors =
        Capacity { flows: within(granted, each.flow).saturating_mul(processes), limited_by };
    let by_peers = Capacity {
        flows: within(grants.descriptors, each.peers),
        limited_by: format!("{} descriptors for all the peers", grants.descriptors),
    };
    by_workers.or(by_descriptors).or(by_peers)
}

/// How many flows can have a process each, of so many threads.
fn of_processes(threads: usize, grants: Grants) -> Capacity {
    let by_threads = Capacity {
        flows: grants.threads / threads,
        limited_by: format!("{} threads are allowed, {threads} a process", grants.threads),
    };
    let by_memory = Capacity {
        flows: usize::try_from(grants.memory_bytes / PROCESS_BYTES).unwrap_or(usize::MAX),
        limited_by: format!(
            "{} MiB of memory are available, and a process takes {} KiB",
            grants.memory_bytes >> 20,
            PROCESS_BYTES >> 10
        ),
    };
    by_threads.or(by_memory)
}

/// How many flows with so many descriptors each there is room for in a process.
fn within(granted: usize, each: usize) -> usize {
    granted.saturating_sub(OWN_DESCRIPTORS).checked_div(each).unwrap_or(usize::MAX)
}

/// How many descriptors a process has under a model, and what says so.
fn descriptors(model: Model, grants: Grants) -> (usize, String) {
    // A driver that cannot be opened is skipped for that reason.
    let limits = Runtime::new(model).ok().map(|runtime| runtime.limits());
    let highest = limits.and_then(|limits| usize::try_from(limits.max_descriptor?).ok());
    match highest {
        Some(highest) if highest < grants.descriptors => {
            (highest + 1, format!("it can wait for {} descriptors", highest + 1))
        }
        _ => (grants.descriptors, format!("{} descriptors a process", grants.descriptors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANTS: Grants = Grants { descriptors: 1064, threads: 500, memory_bytes: 1 << 40 };

    fn plan(flows: u32, needs: usize, steps: &str) -> Plan {
        let text = format!(
            "name = \"p\"\nneeds_concurrency = {needs}\n\
             [[flow]]\ncount = {flows}\nsteps = [{steps}]\n"
        );
        Plan::parse("test", &text).unwrap()
    }

    fn fit(model: &str, plan: &Plan) -> Fit {
        check(model.parse().unwrap(), plan, GRANTS)
    }

    const SLEEP: &str = "{ sleep = \"1 ms\" }";
    const FILE: &str = "{ write_file = { path = \"{flow}\", size = 1 } }";

    #[test]
    fn a_model_that_cannot_overlap_enough_says_both_numbers() {
        let plan = plan(2000, 700, SLEEP);
        for (model, capacity) in [("blocking", "1"), ("thread-pool:3", "3"), ("threads", "500")] {
            let Fit::Not(why) = fit(model, &plan) else { panic!("{model} fits") };
            assert!(why.contains("needs 700") && why.contains(capacity), "{model}: {why}");
        }
    }

    #[test]
    fn a_process_for_each_needs_its_memory() {
        let model: Model = "process-per-connection".parse().unwrap();
        let grants = Grants { descriptors: 20_000, threads: 50_000, memory_bytes: 2 << 30 };
        let why = check_connections(model, 10_000, grants).unwrap_err();
        for part in ["10000 connections", "can serve 4660 here", "2048 MiB", "450 KiB"] {
            assert!(why.contains(part), "{why}");
        }
        assert_eq!(check_connections(model, 4660, grants), Ok(()));
        let plenty = Grants { memory_bytes: 8 << 30, ..grants };
        assert_eq!(check_connections(model, 10_000, plenty), Ok(()));
        assert_eq!(check_connections("epoll".parse().unwrap(), 10_000, grants), Ok(()));
        let plan = plan(10_000, 1, SLEEP);
        assert_eq!(check(model, &plan, grants), Fit::Fits { max_flows: Some(4660) });
        let few = Grants { threads: 3000, ..plenty };
        assert_eq!(check(model, &plan, few), Fit::Fits { max_flows: Some(1500) });
        let why = check_connections(model, 3001, few).unwrap_err();
        assert!(why.contains("3000 threads are allowed, 1 a process"), "{why}");
    }

    #[test]
    fn flows_past_the_descriptors_wait_for_their_turn() {
        let files = plan(5000, 1, FILE);
        assert_eq!(fit("epoll", &files), Fit::Fits { max_flows: Some(1000) });
        assert_eq!(fit("epoll-processes:4", &files), Fit::Fits { max_flows: Some(4000) });
        assert_eq!(fit("select", &files), Fit::Fits { max_flows: Some(960) });
        assert_eq!(fit("epoll", &plan(10, 1, FILE)), Fit::Fits { max_flows: None });
    }

    #[test]
    fn sleeps_need_no_descriptors() {
        assert_eq!(fit("epoll", &plan(100_000, 1, SLEEP)), Fit::Fits { max_flows: None });
    }

    #[test]
    fn the_peers_are_in_one_process_however_many_the_flows_are_in() {
        let text = "name = \"p\"\n[peer.db]\n[[flow]]\ncount = 5000\n\
                    steps = [{ connect = \"db\" }, { send = \"1 B\" }, { recv = \"1 B\" }]\n";
        let plan = Plan::parse("test", text).unwrap();
        assert_eq!(fit("epoll-processes:4", &plan), Fit::Fits { max_flows: Some(1000) });
    }

    #[test]
    fn this_machine_grants_something() {
        let grants = Grants::here();
        assert!(grants.descriptors > 0 && grants.threads > 0, "{grants:?}");
        assert!((1 << 20..1 << 60).contains(&grants.memory_bytes), "{grants:?}");
    }
}
