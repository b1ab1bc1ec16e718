//! Sleeps that are waited for together, as every contestant does it.
//!
//! All are started, and then awaited in that order, which is the order in which they are due: so
//! nothing is measured but the runtime's timers. Left out on purpose: a task per sleep and
//! `join_all`, which cost more than most timers do.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::LENGTH;
use crate::echo::{Usage, resident_bytes};
use crate::failure::Failure;

/// What one contestant's sleeps showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Slept {
    /// How late each ended, in the order in which they began.
    pub(super) late: Vec<Duration>,
    /// What all together added to the memory, once all had begun.
    pub(super) memory_bytes: f64,
    /// CPU seconds from the first one's start to the last one's end.
    pub(super) cpu_s: f64,
}

impl Slept {
    /// Adds what another task of the same process showed, which began its sleeps later and waited
    /// at the same time.
    pub(super) fn add(&mut self, other: Self) {
        self.late.extend(other.late);
        self.memory_bytes += other.memory_bytes;
        self.cpu_s = self.cpu_s.max(other.cpu_s);
    }
}

/// A sleep, and when it began.
struct Begun<F> {
    began: Instant,
    sleep: Pin<Box<F>>,
}

/// Starts so many sleeps of [`LENGTH`] and waits for all of them.
///
/// # Errors
/// When `/proc` cannot be read, or a sleep ended before all had begun.
pub(super) async fn gather<F: Future>(
    count: usize,
    sleep: impl Fn(Duration) -> F,
) -> Result<Slept, Failure> {
    let process = std::process::id();
    // Filled once, so that its memory is there before the first reading.
    let mut late = vec![Duration::MAX; count];
    late.clear();
    let idle_bytes = resident_bytes(process)?;
    let before = Usage::read(process)?;
    let begin = |_| Begun { began: Instant::now(), sleep: Box::pin(sleep(LENGTH)) };
    let mut all: Vec<Begun<F>> = (0..count).map(begin).collect();
    let early = poll_fn(|context| {
        let is_over = |one: &mut Begun<F>| one.sleep.as_mut().poll(context).is_ready();
        Poll::Ready(all.iter_mut().map(is_over).filter(|over| *over).count())
    });
    if early.await > 0 {
        return Err(format!("the first of {count} sleeps ended before the last began").into());
    }
    let memory_bytes = resident_bytes(process)? as f64 - idle_bytes as f64;
    for Begun { began, sleep } in all {
        sleep.await;
        late.push(began.elapsed().saturating_sub(LENGTH));
    }
    let cpu_s = Usage::read(process)?.cpu_s_since(&before)?;
    Ok(Slept { late, memory_bytes, cpu_s })
}
