//! Ctrl-C, and what is like it.
//!
//! Left out on purpose: passing it on. A terminal sends it to the watched program as well, and
//! whywait never sends that anything.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::iterator::Signals;

use crate::failure::Failure;
use crate::signals;

/// Signals that come within this time after the first are the same wish: timeout(1) sends its own
/// to whywait and then once more to the whole process group.
const SAME_WISH: Duration = Duration::from_millis(300);

/// The wish of somebody outside that watching ends.
#[derive(Debug)]
pub(super) struct Interruption {
    wish: Arc<Wish>,
}

#[derive(Debug, Default)]
struct Wish {
    is_there: AtomicBool,
    signal: AtomicI32,
}

impl Interruption {
    /// From now on signals are such a wish, and a second one ends whywait at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        let wish = Arc::<Wish>::default();
        let attended = Arc::clone(&wish);
        let signals = Signals::new(signals::asking_for_an_end());
        signals
            .and_then(|signals| {
                let thread = thread::Builder::new().name("signals".into());
                thread.spawn(move || attend(signals, &attended))
            })
            .map_err(|error| Failure::failed(error, "signals could not be caught"))?;
        Ok(Self { wish })
    }

    /// Set when watching is to end.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.wish.is_there
    }

    /// The signal by which it was wished, if it was.
    pub(super) fn signal(&self) -> Option<i32> {
        let is_there = self.wish.is_there.load(Ordering::Acquire);
        is_there.then(|| self.wish.signal.load(Ordering::Relaxed))
    }
}

fn attend(mut signals: Signals, wish: &Wish) {
    let mut first: Option<Instant> = None;
    for signal in signals.forever() {
        match first {
            None => {
                first = Some(Instant::now());
                wish.signal.store(signal, Ordering::Relaxed);
                wish.is_there.store(true, Ordering::Release);
            }
            Some(first) if first.elapsed() < SAME_WISH => {}
            // Everything that is attached in the kernel goes with this process.
            Some(_) => process::exit(128 + signal),
        }
    }
}
