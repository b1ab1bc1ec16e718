//! A model on its way through the rounds of a comparison.
//!
//! Left out on purpose: how its runs are done, and in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use whywait::measure::{Cost, Histogram};
use whywait_plan::{Plan, duration_text};
use whywait_report::{Lane, Latency, Run, Sample};

use crate::contestant::Entrant;
use crate::echo::ServedSample;
use crate::fit::{self, Fit, Grants};
use crate::flow::Moved;
use crate::timers::Timers;
use crate::{Options, RunResult, predict};

/// A model on its way through the rounds.
pub(crate) struct Racer {
    pub(crate) entrant: Entrant,
    /// Most flows in progress at once; none sets no limit.
    pub(crate) max_flows: Option<usize>,
    samples: Vec<Sample>,
    flow_latency: Histogram,
    flow_service: Histogram,
    op_latency: Histogram,
    /// Bytes moved, which must be the same in every run.
    moved: Option<Moved>,
    timers: Timers,
    /// The plan's own numbers of each sample.
    metrics: Vec<BTreeMap<String, f64>>,
    /// The order of events in its verifying run, where that was recorded.
    pub(crate) lanes: Vec<Lane>,
    /// What else a reader should know about it.
    pub(crate) notes: Vec<String>,
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

impl Out {
    /// A run did not end in time.
    pub(crate) fn too_long(limit: Duration) -> Self {
        Self::Skipped(format!(
            "it was ended after {}, the limit; raise it with --time-limit",
            duration_text(limit)
        ))
    }
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
        let mut racer = Self::new(entrant, Timers::of(plan));
        match fit::check(model, plan, grants) {
            Fit::Fits { max_flows } => racer.max_flows = max_flows,
            Fit::Not(why) => racer.out = Some(Out::Skipped(why)),
        }
        let least = predict::least(model, plan, racer.max_flows, cpus);
        racer.check_model(least, options.time_limit);
        racer
    }

    /// Enters a model that has to serve so many connections at once, and for so long at least.
    pub(crate) fn enter_server(
        entrant: Entrant,
        connections: usize,
        grants: Grants,
        least: Duration,
        options: &Options,
    ) -> Self {
        let model = entrant.model;
        let mut racer = Self::new(entrant, Timers::None);
        racer.out = fit::check_connections(model, connections, grants).err().map(Out::Skipped);
        racer.check_model(least, options.time_limit);
        racer
    }

    fn new(entrant: Entrant, timers: Timers) -> Self {
        Self {
            entrant,
            max_flows: None,
            samples: Vec::new(),
            flow_latency: Histogram::default(),
            flow_service: Histogram::default(),
            op_latency: Histogram::default(),
            moved: None,
            timers,
            metrics: Vec::new(),
            lanes: Vec::new(),
            notes: Vec::new(),
            digest: None,
            workers_lost: 0,
            most_workers: 0,
            out: None,
        }
    }

    /// It is out if its driver cannot be opened, or if it would take too long.
    fn check_model(&mut self, least: Duration, limit: Duration) {
        if let Err(refusal) = self.entrant.model.probe() {
            self.out = Some(Out::Skipped(refusal.to_string()));
        }
        if self.out.is_none() && least > limit {
            self.out = Some(Out::Skipped(format!(
                "it would take at least {}, and the limit is {}; raise it with --time-limit",
                duration_text(round(least)),
                duration_text(limit)
            )));
        }
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
        self.flow_service.merge(&result.cost.flow_service);
        self.op_latency.merge(&result.cost.op_latency);
        self.most_workers = self.most_workers.max(result.workers as u64);
        self.metrics.push(self.timers.metrics(&result));
        self.samples.push(sample(&result.cost, result.worker_start_s));
    }

    /// Takes what a measured run as a server gave.
    pub(crate) fn take_served(&mut self, served: ServedSample) {
        self.flow_latency.merge(&served.latency);
        self.most_workers = self.most_workers.max(served.workers as u64);
        self.workers_lost += u64::from(served.workers_lost);
        self.metrics.push(served.metrics);
        self.samples.push(served.sample);
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
        let moved = result.moved();
        let before = *self.moved.get_or_insert(moved);
        if before != moved {
            self.out = Some(Out::Failed(format!("a run {moved}, and one before it {before}")));
            return false;
        }
        true
    }

    /// What the rounds so far have measured, without what is known at the end alone.
    pub(crate) fn run_so_far(&self) -> Run {
        let contestant = self.entrant.contestant.clone();
        if self.out.is_some() || self.samples.is_empty() {
            return Run::skipped(contestant, "");
        }
        let run = Run::measured(contestant, self.samples.clone());
        self.metrics.iter().cloned().fold(run, Run::with_metrics)
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
        run.flow_service_s = latency(&self.flow_service);
        run.op_latency_s = latency(&self.op_latency);
        run.digest = self.digest;
        run.workers_lost = self.workers_lost;
        run.lanes = self.lanes;
        run.notes = self.notes;
        run = self.metrics.into_iter().fold(run, Run::with_metrics);
        for (name, bytes) in self.moved.into_iter().flat_map(Moved::named) {
            run.metrics.insert(name.into(), bytes as f64);
        }
        run
    }
}

fn sample(cost: &Cost, worker_start_s: f64) -> Sample {
    Sample {
        wall_s: cost.wall().as_secs_f64(),
        worker_start_s,
        cpu_s: cost.usage.cpu().as_secs_f64(),
        cpu_user_s: cost.usage.cpu_user.as_secs_f64(),
        cpu_system_s: cost.usage.cpu_system.as_secs_f64(),
        runnable_s: cost.worker_time.runnable.as_secs_f64(),
        blocked_s: cost.blocked.as_secs_f64(),
        voluntary_switches: cost.usage.voluntary_switches,
        involuntary_switches: cost.usage.involuntary_switches,
        peak_memory_bytes: cost.peak_memory_bytes,
        threads: cost.threads,
        processes: cost.processes,
        disk_read_bytes: cost.usage.disk_read_bytes,
        syscalls: cost.syscalls,
        would_block: cost.would_block,
    }
}

/// To two digits or so, for people.
fn round(duration: Duration) -> Duration {
    let millis = duration.as_millis() as u64;
    Duration::from_millis(if millis > 10_000 { millis / 1000 * 1000 } else { millis })
}
