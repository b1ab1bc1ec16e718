//! What watching costs: whywait's own CPU time and memory, and what others pay per call.
//!
//! Left out on purpose: what the watched program pays; that depends on what it does, and is
//! measured by `cargo xtask bench explain`.

use std::fs;
use std::time::Instant;

use rustix::process::getppid;
use rustix::time::{ClockId, Timespec, clock_gettime};
use whywait_record::{Cost, Detail};

/// The account of one watching.
#[derive(Debug)]
pub(super) struct OwnCost {
    cpu_began_ns: u64,
    /// What a call of ours took before the programs were hooked in; full detail only.
    call_before_ns: Option<f64>,
    per_foreign_call_ns: Option<f64>,
}

impl OwnCost {
    pub(super) fn begin(detail: Detail) -> Self {
        Self {
            cpu_began_ns: cpu_ns(),
            call_before_ns: (detail == Detail::Full).then(shortest_call_ns),
            per_foreign_call_ns: None,
        }
    }

    /// The programs are hooked in: whywait, which is not watched itself, now pays per call what
    /// every process does that is not watched.
    pub(super) fn attached(&mut self) {
        self.per_foreign_call_ns =
            self.call_before_ns.map(|before_ns| (shortest_call_ns() - before_ns).max(0.0));
    }

    pub(super) fn finish(&self) -> Cost {
        Cost {
            own_cpu_ns: cpu_ns().saturating_sub(self.cpu_began_ns),
            kernel_cpu_ns: None,
            per_foreign_call_ns: self.per_foreign_call_ns,
            memory_bytes: own_memory_bytes() + maps_bytes(),
        }
    }
}

/// How long a call that does nothing takes: the least mean of several rows of them, since whatever
/// disturbs makes a row longer.
fn shortest_call_ns() -> f64 {
    const ROWS: u32 = 20;
    const CALLS: u32 = 500;
    (0..ROWS)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..CALLS {
                std::hint::black_box(getppid());
            }
            begin.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .fold(f64::INFINITY, f64::min)
}

fn cpu_ns() -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(tv_nsec).unwrap_or(0)
}

/// `VmHWM` of /proc/self/status; 0 where that cannot be read.
fn own_memory_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    number_after(&status, "VmHWM:").map_or(0, |kib| kib * 1024)
}

/// What all maps that whywait has open hold in the kernel, by its own account of them.
fn maps_bytes() -> u64 {
    let Ok(folder) = fs::read_dir("/proc/self/fdinfo") else { return 0 };
    folder
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok())
        .filter(|info| info.contains("map_type:"))
        .filter_map(|info| number_after(&info, "memlock:"))
        .sum()
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
