//! A model on its way through the rounds of a comparison.
//!
//! Left out on purpose: how its runs are done, and in which order.

use std::time::Duration;

use whywait::measure::{Cost, Histogram};
use whywait_plan::{Plan, duration_text};
use whywait_report::{Latency, Run, Sample};

use crate::contestant::Entrant;
use crate::fit::{self, Fit, Grants};
use crate::{Options, RunResult, predict};

/// A model on its way through the rounds.
pub(crate) struct Racer {
    pub(crate) entrant: Entrant,
    /// Most flows in progress at once; none sets no limit.
    pub(crate) max_flows: Option<usize>,
    samples: Vec<Sample>,
    flow_latency: Histogram,
    op_latency: Histogram,
    /// Bytes written and read, which must be the same in every run.
    bytes: Option<(u64, u64)>,
    /// Of its result, once that has been checked.
    pub(crate) digest: Option<String>,
    workers_lost: u64,
    most_workers: u64,
    /// Why it takes no further part, if it does not.
    pub(crate) out: Option<Out>,
}

/// Why a model takes no further part.
pub(crate) enum Out {
    /// It cannot run the plan here.
    Skipped(String),
    /// It tried, and could not.
    Failed(String),
}

impl Racer {
    /// Enters a model, which is out at once if it cannot run `plan` with what the machine grants,
    /// or not in time.
    pub(crate) fn enter(
        entrant: Entrant,
        plan: &Plan,
        grants: Grants,
        cpus: usize,
        options: &Options,
    ) -> Self {
        let model = entrant.model;
        let mut racer = Self {
            entrant,
            max_flows: None,
            samples: Vec::new(),
            flow_latency: Histogram::default(),
            op_latency: Histogram::default(),
            bytes: None,
            digest: None,
            workers_lost: 0,
            most_workers: 0,
            out: None,
        };
        match fit::check(model, plan, grants) {
            Fit::Fits { max_flows } => racer.max_flows = max_flows,
            Fit::Not(why) => racer.out = Some(Out::Skipped(why)),
        }
        if let Err(refusal) = model.probe() {
            racer.out = Some(Out::Skipped(refusal.to_string()));
        }
        let least = predict::least(model, plan, racer.max_flows, cpus);
        if racer.out.is_none() && least > options.time_limit {
            racer.out = Some(Out::Skipped(format!(
                "it would take at least {}, and the limit is {}; raise it with --time-limit",
                duration_text(round(least)),
                duration_text(options.time_limit)
            )));
        }
        racer
    }

    /// The model as it was asked for.
    pub(crate) fn name(&self) -> String {
        self.entrant.contestant.model.clone()
    }

    /// Takes a measured run's result.
    pub(crate) fn take(&mut self, result: RunResult) {
        if !self.check(&result) {
            return;
        }
        self.flow_latency.merge(&result.cost.flow_latency);
        self.op_latency.merge(&result.cost.op_latency);
        self.most_workers = self.most_workers.max(result.workers as u64);
        self.samples.push(sample(&result.cost, result.worker_start_s));
    }

    /// Whether a run did the work; if not, the model is out.
    pub(crate) fn check(&mut self, result: &RunResult) -> bool {
        self.workers_lost += u64::from(result.workers_lost);
        if let Some(failure) = &result.first_failure {
            let others = match result.failed_flows {
                1 => String::new(),
                failed => format!(" ({failed} flows failed; this is the first)"),
            };
            self.out = Some(Out::Failed(format!("{failure}{others}")));
            return false;
        }
        let bytes = (result.written_bytes, result.read_bytes);
        let before = *self.bytes.get_or_insert(bytes);
        if before != bytes {
            self.out = Some(Out::Failed(format!(
                "a run wrote {} and read {} bytes, and one before it {} and {}",
                bytes.0, bytes.1, before.0, before.1
            )));
            return false;
        }
        true
    }

    /// What the report says of it.
    pub(crate) fn into_run(self) -> Run {
        let mut contestant = self.entrant.contestant;
        contestant.workers.count = contestant.workers.count.max(self.most_workers);
        let mut run = match self.out {
            Some(Out::Skipped(reason)) => Run::skipped(contestant, reason),
            Some(Out::Failed(reason)) => Run::failed(contestant, reason, self.samples),
            None if self.samples.is_empty() => {
                Run::skipped(contestant, "the comparison was interrupted before its first run")
            }
            None => Run::measured(contestant, self.samples),
        };
        let latency = |histogram: &Histogram| Latency::of(histogram.as_ref()).ok().flatten();
        run.flow_latency_s = latency(&self.flow_latency);
        run.op_latency_s = latency(&self.op_latency);
        run.digest = self.digest;
        run.workers_lost = self.workers_lost;
        if let Some((written, read)) = self.bytes {
            run.metrics.insert("written_bytes".into(), written as f64);
            run.metrics.insert("read_bytes".into(), read as f64);
        }
        run
    }
}

fn sample(cost: &Cost, worker_start_s: f64) -> Sample {
    Sample {
        wall_s: cost.wall().as_secs_f64(),
        worker_start_s,
        cpu_user_s: cost.usage.cpu_user.as_secs_f64(),
        cpu_system_s: cost.usage.cpu_system.as_secs_f64(),
        runnable_s: cost.worker_time.runnable.as_secs_f64(),
        blocked_s: cost.blocked.as_secs_f64(),
        voluntary_switches: cost.usage.voluntary_switches,
        involuntary_switches: cost.usage.involuntary_switches,
        peak_memory_bytes: cost.peak_memory_bytes,
        threads: cost.threads,
        processes: cost.processes,
        syscalls: cost.syscalls,
        would_block: cost.would_block,
    }
}

/// To two digits or so, for people.
fn round(duration: Duration) -> Duration {
    let millis = duration.as_millis() as u64;
    Duration::from_millis(if millis > 10_000 { millis / 1000 * 1000 } else { millis })
}
