//! What a running server has used until now, as the kernel counts it.
//!
//! Left out on purpose: a split of user and system time, which the kernel only estimates.

use std::fs;
use std::io;
use std::time::Instant;

use crate::failure::Failure;

/// CPU time of a process at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    at: Instant,
    /// The sum over its threads, io_uring's workers among them, in nanoseconds.
    scheduled_ns: Option<u64>,
    /// The same from `/proc/PID/stat`, in clock ticks of 10 ms.
    ticks: u64,
}

/// A tick of `USER_HZ`, which is 100 on every Linux that Rust runs on.
const TICK_S: f64 = 0.01;
/// Reading the times of more threads takes so long that it disturbs what is measured.
const MOST_THREADS: usize = 64;
/// By how much the two readings may differ: user and system time are rounded down each, and the
/// scheduler's sums are as old as its last tick.
const TOLERANCE_S: f64 = 0.04;

impl Usage {
    /// Reads what the process has used.
    ///
    /// # Errors
    /// When it has ended, or `/proc` cannot be read.
    pub(crate) fn read(process: u32) -> Result<Self, Failure> {
        let scheduled_ns = scheduled_ns(process)?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // proc_pid_stat(5): fields 14 and 15 are utime and stime; 3 follows the name.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks = fields.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
        Ok(Self { at: Instant::now(), scheduled_ns, ticks })
    }

    /// CPU seconds per second since `earlier`.
    ///
    /// # Errors
    /// As [`Self::cpu_s_since`].
    pub(crate) fn share_since(&self, earlier: &Self) -> Result<f64, Failure> {
        Ok(self.cpu_s_since(earlier)? / (self.at - earlier.at).as_secs_f64())
    }

    /// CPU seconds since `earlier`: from the scheduler's sums; from the clock ticks for a process
    /// with more threads than can be read quickly, or in which threads ended meanwhile and took
    /// their time with them.
    ///
    /// # Errors
    /// When the threads together used more than the process did.
    pub(crate) fn cpu_s_since(&self, earlier: &Self) -> Result<f64, Failure> {
        let ticked_s = self.ticks.saturating_sub(earlier.ticks) as f64 * TICK_S;
        let (Some(now), Some(then)) = (self.scheduled_ns, earlier.scheduled_ns) else {
            return Ok(ticked_s);
        };
        let scheduled_s = now.saturating_sub(then) as f64 / 1e9;
        let tolerance_s = TOLERANCE_S + 0.02 * ticked_s;
        if scheduled_s > ticked_s + tolerance_s {
            return Err(format!("{scheduled_s:.3} s by schedstat, {ticked_s:.2} s by stat").into());
        }
        Ok(if scheduled_s < ticked_s - tolerance_s { ticked_s } else { scheduled_s })
    }
}

/// The sum over all threads, unless there are too many.
fn scheduled_ns(process: u32) -> io::Result<Option<u64>> {
    let threads: Vec<_> =
        fs::read_dir(format!("/proc/{process}/task"))?.take(MOST_THREADS + 1).collect();
    if threads.len() > MOST_THREADS {
        return Ok(None);
    }
    let mut sum = 0;
    for thread in threads {
        // A thread that has ended since takes its time with it.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        // proc_pid_schedstat(5): the first number is the time on a CPU, in nanoseconds.
        sum += text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0);
    }
    Ok(Some(sum))
}

/// Memory that a process has resident (`VmRSS`), in bytes.
///
/// # Errors
/// When it has ended.
pub(crate) fn resident_bytes(process: u32) -> Result<u64, Failure> {
    status_bytes(process, "VmRSS:")
}

/// The most memory that a process has had resident (`VmHWM`), in bytes.
///
/// # Errors
/// When it has ended.
pub(crate) fn peak_resident_bytes(process: u32) -> Result<u64, Failure> {
    status_bytes(process, "VmHWM:")
}

fn status_bytes(process: u32, name: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.ok_or_else(|| format!("no {name} the process has ended"))? * 1024)
}

#[cfg(test)]
mod tests {
    use super::{Usage, resident_bytes};
    use crate::failure::Failure;

    #[test]
    fn both_sources_see_the_work_of_this_process() -> Result<(), Failure> {
        let own = std::process::id();
        let before = Usage::read(own)?;
        let mut after = before;
        while after.ticks < before.ticks + 20 {
            after = Usage::read(own)?;
        }
        assert!(after.share_since(&before)? > 0.0);
        assert!(resident_bytes(own)? > 0);
        Ok(())
    }
}
