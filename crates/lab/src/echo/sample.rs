//! What one measured run of a server comes to.

use std::collections::BTreeMap;

use whywait::measure::Histogram;
use whywait_report::Sample;

use super::message::EchoServed;
use super::usage::{ServerMemory, ServerUsage};
use crate::load::LoadResult;

/// What one measured run of a server came to, as a report has it.
pub(crate) struct ServedSample {
    /// The numbers that every run has.
    pub(crate) sample: Sample,
    /// Its own numbers, by name.
    pub(crate) metrics: BTreeMap<String, f64>,
    /// How long round trips took.
    pub(crate) latency: Histogram,
    /// Workers, at most at one time.
    pub(crate) workers: usize,
    /// Workers that died.
    pub(crate) workers_lost: u32,
}

/// What was seen of a run.
pub(super) struct Seen {
    /// How large the server was before the first connection.
    pub(super) idle: ServerMemory,
    /// How large it was at the window's end, with all connections open.
    pub(super) full: ServerMemory,
    /// What it used in the window.
    pub(super) used: ServerUsage,
    /// What the load saw.
    pub(super) load: LoadResult,
    /// What the server counted in its whole life.
    pub(super) served: EchoServed,
}

impl Seen {
    pub(super) fn into_sample(self) -> ServedSample {
        ServedSample {
            sample: self.sample(),
            metrics: self.metrics(),
            workers: self.served.workers,
            workers_lost: self.served.workers_lost,
            latency: self.load.latency,
        }
    }

    fn sample(&self) -> Sample {
        let usage = self.used.usage;
        let wall_s = self.load.window.as_secs_f64();
        let runnable_s = self.used.runnable.as_secs_f64();
        let cpu_s = usage.cpu().as_secs_f64();
        let blocked_s = (wall_s * self.served.workers as f64 - cpu_s - runnable_s).max(0.0);
        Sample {
            wall_s,
            worker_start_s: 0.0,
            cpu_s,
            cpu_user_s: usage.cpu_user.as_secs_f64(),
            cpu_system_s: usage.cpu_system.as_secs_f64(),
            runnable_s,
            blocked_s,
            voluntary_switches: usage.voluntary_switches,
            involuntary_switches: usage.involuntary_switches,
            peak_memory_bytes: self.served.cost.peak_memory_bytes,
            threads: self.full.threads,
            processes: self.full.processes,
            disk_read_bytes: usage.disk_read_bytes,
            syscalls: self.served.cost.syscalls,
            would_block: self.served.cost.would_block,
        }
    }

    fn metrics(&self) -> BTreeMap<String, f64> {
        let (load, usage) = (&self.load, self.used.usage);
        let connections = load.connected as f64;
        // Of none there is no cost: what is not a number is left out of a report.
        let each = |sum: f64| sum / load.round_trips as f64;
        let cpu_s = usage.cpu().as_secs_f64();
        let switches = usage.voluntary_switches + usage.involuntary_switches;
        let grown = self.full.bytes.saturating_sub(self.idle.bytes);
        let load_cpu = load.usage.cpu();
        let latency_s = |quantile| load.latency.at(quantile).as_secs_f64();
        let numbers = [
            ("connections", connections),
            ("round_trips", load.round_trips as f64),
            ("round_trips_per_s", load.round_trips_per_s()),
            ("server_cpu_us_per_round_trip", each(cpu_s * 1e6)),
            ("memory_bytes_per_connection", grown as f64 / connections),
            ("latency_p50_s", latency_s(0.5)),
            ("latency_p99_s", latency_s(0.99)),
            ("latency_p999_s", latency_s(0.999)),
            ("latency_max_s", load.latency.max().as_secs_f64()),
            ("switches_per_round_trip", each(switches as f64)),
            (
                "syscalls_per_round_trip",
                self.served.cost.syscalls as f64 / load.all_round_trips as f64,
            ),
            ("load_cpu_share", load_cpu.as_secs_f64() / load.window.as_secs_f64()),
            ("unanswered", load.unanswered as f64),
        ];
        numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
