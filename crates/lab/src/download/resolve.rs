//! Finds a host's addresses, without holding up the worker.
//!
//! The system's resolver only blocks, and is a call of libc with settings of its own, so it runs
//! on a thread for the time of the call, under every model.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use whywait::expect_external_wake;

use super::error::Failure;

/// The host's addresses, in the order in which the resolver recommends them.
pub(super) async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let refuse = |source| Failure::Resolve { host: host.to_owned(), source };
    look_up(host.to_owned(), port).await.map_err(refuse)
}

/// The host has a name and no address.
pub(super) fn nowhere(host: &str) -> Failure {
    let source = io::Error::new(io::ErrorKind::NotFound, "the resolver gave none");
    Failure::Resolve { host: host.to_owned(), source }
}

#[derive(Default)]
struct Shared {
    found: Option<io::Result<Vec<SocketAddr>>>,
    waker: Option<Waker>,
}

async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let _woken_by_the_thread = expect_external_wake();
    let shared = Arc::new(Mutex::new(Shared::default()));
    let answer = Arc::clone(&shared);
    thread::Builder::new().name("resolver".into()).spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let mut shared = answer.lock().unwrap_or_else(PoisonError::into_inner);
        shared.found = Some(found);
        let waker = shared.waker.take();
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
    })?;
    poll_fn(|context| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.found.take() {
            Some(found) => Poll::Ready(found),
            None => {
                shared.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}
