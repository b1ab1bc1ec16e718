//! What the sleeps of a run say about its model.
//!
//! Left out on purpose: how long anything takes; a sleep takes as long as it was asked to.

use std::collections::BTreeMap;
use std::sync::Arc;

use whywait_plan::{Action, Plan, Step};

use crate::RunResult;

/// Sleeps from which on one in a hundred is not simply the latest.
const FOR_A_HUNDREDTH: u64 = 100;

/// A plan's sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timers {
    /// There are none.
    None,
    /// Flows that sleep do other things too.
    Among,
    /// The flows do nothing but sleep.
    Only {
        /// How many flows there are.
        flows: u64,
        /// How many sleeps there are in all.
        sleeps: u64,
    },
}

impl Timers {
    /// Those of `plan`, its setup not included.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut steps = plan.flows.iter().flat_map(|group| &group.steps);
        if steps.clone().all(is_sleep) {
            Self::Only { flows: plan.flow_count().into(), sleeps: plan.traits().steps }
        } else if steps.any(is_sleep) {
            Self::Among
        } else {
            Self::None
        }
    }

    /// The metrics of one run, by name.
    pub(crate) fn metrics(self, result: &RunResult) -> BTreeMap<String, f64> {
        let mut metrics = BTreeMap::new();
        let mut put = |name: &str, value| metrics.insert(name.to_owned(), value);
        if self == Self::None || result.lateness.is_empty() {
            return metrics;
        }
        let lateness = &result.lateness;
        put("timer_lateness_p50_s", lateness.at(0.5).as_secs_f64());
        if lateness.len() >= FOR_A_HUNDREDTH {
            put("timer_lateness_p99_s", lateness.at(0.99).as_secs_f64());
        }
        put("timer_lateness_max_s", lateness.max().as_secs_f64());
        let Self::Only { flows, sleeps } = self else { return metrics };
        let cpu_s = result.cost.usage.cpu().as_secs_f64();
        put("cpu_us_per_timer", cpu_s * 1e6 / sleeps as f64);
        // What worker processes are before their first flow is not known here.
        if result.cost.processes == 1 {
            let grown = result.cost.peak_memory_bytes.saturating_sub(result.memory_before_bytes);
            put("memory_bytes_per_timer", grown as f64 / flows as f64);
        }
        metrics
    }
}

fn is_sleep(step: &Arc<dyn Step>) -> bool {
    matches!(step.action(0), Action::Sleep(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timers(steps: &str) -> Timers {
        let text = format!("name = \"p\"\n[[flow]]\ncount = 7\nsteps = [{steps}]\n");
        Timers::of(&Plan::parse("test", &text).unwrap())
    }

    #[test]
    fn a_plan_of_sleeps_is_told_from_one_with_sleeps() {
        let sleep = "{ sleep = \"1 ms\" }";
        let cpu = "{ cpu = \"1 ms\" }";
        assert_eq!(timers(&format!("{sleep}, {sleep}")), Timers::Only { flows: 7, sleeps: 14 });
        assert_eq!(timers(&format!("{cpu}, {sleep}")), Timers::Among);
        assert_eq!(timers(cpu), Timers::None);
    }
}
