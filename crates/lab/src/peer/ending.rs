//! The wish that the servers end, told from another thread.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures_util::task::AtomicWaker;

/// The wish that the servers end.
#[derive(Default)]
pub(super) struct Ending {
    asked: AtomicBool,
    waker: AtomicWaker,
}

impl Ending {
    /// Asks for the end.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Waits until somebody asks.
    pub(super) async fn asked(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.asked.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
