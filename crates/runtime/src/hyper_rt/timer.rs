//! hyper's sleeps as operations of this library.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::executor::{IdleFor, WhenIdle};
use crate::time;

/// Furthest in the future that a sleep ends: what a clock of the system can count to.
const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Gives hyper a clock, for its time limits.
///
/// Under a model that does not overlap, a sleep ends beside other operations only where they end
/// too: a limit on how long a client may take to send is noticed when it has sent.
///
/// Its sleeps panic when they are made outside of a runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl ::hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn ::hyper::rt::Sleep>> {
        let now = Instant::now();
        let deadline = now.checked_add(duration).unwrap_or(now + FOREVER);
        self.sleep_until(deadline)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn ::hyper::rt::Sleep>> {
        Box::pin(Sleep::until(deadline))
    }
}

/// A sleep that may go to another thread, as hyper demands. Operations may not: a task on the
/// worker that made the sleep has it, and both share what became of it.
struct Sleep(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    is_over: bool,
    /// Whoever waits for the sleep.
    sleeper: Option<Waker>,
    /// The task that has the operation, which ends when nobody waits any more.
    task: Option<Waker>,
    is_unwanted: bool,
}

impl Sleep {
    fn until(deadline: Instant) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        drop(crate::spawn(keep(deadline, Arc::clone(&shared))));
        Self(shared)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.is_over {
            return Poll::Ready(());
        }
        shared.sleeper = Some(context.waker().clone());
        Poll::Pending
    }
}

impl ::hyper::rt::Sleep for Sleep {}

impl Drop for Sleep {
    fn drop(&mut self) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.is_unwanted = true;
        let task = shared.task.take();
        // The task takes the lock itself.
        drop(shared);
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// Sleeps, unless nobody wants it any more.
async fn keep(deadline: Instant, shared: Arc<Mutex<Shared>>) {
    let sleep = async {
        WhenIdle::new(IdleFor::Sleep).await;
        time::sleep(deadline.saturating_duration_since(Instant::now())).await;
    };
    let mut sleep = std::pin::pin!(sleep);
    poll_fn(|context| {
        let slept = sleep.as_mut().poll(context);
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.is_over = slept.is_ready();
        shared.task = Some(context.waker().clone());
        if shared.is_unwanted { Poll::Ready(()) } else { slept }
    })
    .await;
    let sleeper = shared.lock().unwrap_or_else(PoisonError::into_inner).sleeper.take();
    if let Some(sleeper) = sleeper {
        sleeper.wake();
    }
}
