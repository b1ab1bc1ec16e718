//! Which CPU a contestant runs on, and how near the next one is.
//!
//! Left out on purpose: more than two CPUs. A server has one and its load another.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::Failure;

/// The CPUs of the two sides; the same one twice where there is no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuPair {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl CpuPair {
    /// The first and the last CPU that this process may use.
    ///
    /// # Errors
    /// What `sched_getaffinity(2)` said.
    pub(crate) fn find() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None)?;
        let mut all = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        let server = all.next().ok_or("no CPU is allowed")?;
        Ok(Self { server, load: all.next_back().unwrap_or(server) })
    }
}

/// Keeps this thread, and those that it starts from now on, to one CPU.
///
/// # Errors
/// What `sched_setaffinity(2)` said.
pub(crate) fn keep_to(cpu: usize) -> rustix::io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set)
}

/// Does something on one CPU; what it starts stays there, and this thread is free again after it.
///
/// # Errors
/// What `sched_setaffinity(2)` said.
pub(crate) fn on_cpu<T>(cpu: usize, work: impl FnOnce() -> T) -> rustix::io::Result<T> {
    let free = sched_getaffinity(None)?;
    keep_to(cpu)?;
    let done = work();
    sched_setaffinity(None, &free)?;
    Ok(done)
}

/// How near two CPUs of a virtual machine are. The host moves them: an echo costs half as much
/// again while they share no cache, so that only samples of one state compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    /// A cache line goes there and back in less than [`FAR_NS`].
    Near,
    /// In more.
    Far,
    /// It was near before the sample and far after it, or the other way round.
    Moved,
}

/// Round trips of a cache line take about 62 ns in one state and about 320 ns in the other.
const FAR_NS: f64 = 180.0;
/// Round trips that are timed at once, and how often that is done; the least counts.
const TRIPS: u32 = 4000;
/// See [`TRIPS`].
const TRIALS: usize = 5;

impl Nearness {
    /// The state of a sample with these round trips, in nanoseconds, before and after it.
    pub(crate) fn of(before_ns: f64, after_ns: f64) -> Self {
        match (before_ns < FAR_NS, after_ns < FAR_NS) {
            (true, true) => Self::Near,
            (false, false) => Self::Far,
            _ => Self::Moved,
        }
    }

    /// As the table says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Far => "far",
            Self::Moved => "moved",
        }
    }
}

/// How long a cache line takes from one CPU to the other and back, in nanoseconds: the least of
/// some trials, as another program on either CPU only makes it longer.
///
/// # Errors
/// What `sched_setaffinity(2)` said.
pub(crate) fn ping_pong_ns(cpus: CpuPair) -> Result<f64, Failure> {
    if cpus.server == cpus.load {
        return Ok(0.0);
    }
    let trials: Result<Vec<f64>, Failure> = (0..TRIALS).map(|_| trial_ns(cpus)).collect();
    trials?.into_iter().reduce(f64::min).ok_or_else(|| "no trial".into())
}

fn trial_ns(cpus: CpuPair) -> Result<f64, Failure> {
    let ball = AtomicU32::new(0);
    thread::scope(|scope| {
        let returns = scope.spawn(|| {
            let kept = keep_to(cpus.load);
            // Plays in any case, as the other side waits for it.
            for trip in 0..TRIPS {
                await_ball(&ball, 2 * trip + 1);
                ball.store(2 * trip + 2, Ordering::Release);
            }
            kept
        });
        let serves = scope.spawn(|| {
            let kept = keep_to(cpus.server);
            let began = Instant::now();
            for trip in 0..TRIPS {
                ball.store(2 * trip + 1, Ordering::Release);
                await_ball(&ball, 2 * trip + 2);
            }
            kept.map(|()| began.elapsed().as_secs_f64() * 1e9 / f64::from(TRIPS))
        });
        returns.join().map_err(|_| "the returning side panicked")??;
        Ok(serves.join().map_err(|_| "the serving side panicked")??)
    })
}

fn await_ball(ball: &AtomicU32, value: u32) {
    let mut turns = 0_u32;
    while ball.load(Ordering::Acquire) != value {
        turns = turns.wrapping_add(1);
        // The other side may have lost its CPU to another program.
        if turns.is_multiple_of(1 << 14) { thread::yield_now() } else { spin_loop() }
    }
}

#[cfg(test)]
mod tests {
    use super::{CpuPair, Nearness, ping_pong_ns};
    use crate::failure::Failure;

    #[test]
    fn a_state_needs_both_ends_of_a_sample() {
        assert_eq!(Nearness::of(62.0, 70.0), Nearness::Near);
        assert_eq!(Nearness::of(320.0, 300.0), Nearness::Far);
        assert_eq!(Nearness::of(62.0, 300.0), Nearness::Moved);
    }

    #[test]
    fn a_cache_line_takes_some_time() -> Result<(), Failure> {
        let cpus = CpuPair::find()?;
        assert!(cpus.server == cpus.load || ping_pong_ns(cpus)? > 0.0);
        Ok(())
    }
}
