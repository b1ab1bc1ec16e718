//! The least time that a model can take for a plan.

use std::time::Duration;

use whywait::{Model, WorkersKind};
use whywait_plan::Plan;

/// The least that `model` takes for `plan`: its declared waiting, as far as the model cannot
/// overlap it, and its declared CPU time, spread over the CPUs that the model uses. What files
/// take is not known before, and not counted.
pub(crate) fn least(model: Model, plan: &Plan, max_flows: Option<usize>, cpus: usize) -> Duration {
    let declared = plan.declared();
    let workers = model.workers().map_or(usize::MAX, std::num::NonZeroUsize::get);
    let overlaps = model.driver().is_some_and(|driver| driver.overlaps);
    let at_once = match model.row().workers {
        WorkersKind::ThreadPerFlow | WorkersKind::ProcessPerFlow => usize::MAX,
        _ if overlaps => usize::MAX,
        _ => workers,
    };
    let at_once = at_once.min(max_flows.unwrap_or(usize::MAX)).min(plan.flow_count() as usize);
    let waiting = declared.wait_total.div_f64(at_once.max(1) as f64);
    let computing = declared.cpu_total.div_f64(workers.min(cpus).max(1) as f64);
    waiting.max(computing).max(declared.longest_flow)
}

#[cfg(test)]
mod tests {
    use whywait_plan::BUILTINS;

    use super::*;

    fn least_s(model: &str, steps: &str) -> f64 {
        let text = format!("name = \"p\"\n[[flow]]\ncount = 100\nsteps = [{steps}]\n");
        let plan = Plan::parse("test", &text).unwrap();
        least(model.parse().unwrap(), &plan, None, 2).as_secs_f64()
    }

    #[test]
    fn sleeps_add_up_where_nothing_overlaps() {
        let steps = "{ sleep = \"1 s\" }";
        assert_eq!(least_s("blocking", steps), 100.0);
        assert_eq!(least_s("offload", steps), 100.0);
        assert_eq!(least_s("thread-pool:4", steps), 25.0);
        for model in ["epoll", "uring", "threads", "nonblocking", "epoll-processes:2"] {
            assert_eq!(least_s(model, steps), 1.0, "{model}");
        }
    }

    #[test]
    fn waiting_for_peers_counts_as_sleeping_does() {
        let least_s = |model: &str, name: &str| {
            let built_in = BUILTINS.iter().find(|built_in| built_in.name == name).unwrap();
            let plan = built_in.plan(&[]).unwrap();
            least(model.parse().unwrap(), &plan, None, 2).as_secs_f64()
        };
        assert_eq!(least_s("blocking", "download"), 3.0);
        assert_eq!(least_s("epoll", "download"), 0.3);
        for model in ["blocking", "offload", "thread-pool:64", "processes:64"] {
            assert!(least_s(model, "timers") > 1000.0, "{model}");
        }
        assert_eq!(least_s("uring", "timers"), 1.0);
    }

    #[test]
    fn computing_needs_cpus() {
        let steps = "{ cpu = \"1 s\" }";
        assert_eq!(least_s("epoll", steps), 100.0);
        assert_eq!(least_s("thread-pool:8", steps), 50.0);
        assert_eq!(least_s("threads", steps), 50.0);
    }
}
