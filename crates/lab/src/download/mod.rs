//! An HTTP/1.1 GET as a step of a flow: redirects, retries, a timeout, and a body that is whole
//! or an error.
//!
//! It is written over `hyper`'s client connection, without a pool and without tasks of its own:
//! connection and exchange are polled together by the flow, so that the flow's timeout reaches
//! every operation under every model. A connection is used for one request.
//!
//! A body is what its `Content-Length` or its chunks announce; what a server sends behind that is
//! no part of it, and is not an error, as with any client that keeps to RFC 9112. A body that
//! ends before is an error.
//!
//! Left out on purpose: HTTP/2, proxies, cookies, credentials, compression, and resuming.

mod error;
mod exchange;
mod file_name;
mod keep;
mod news;
mod resolve;
mod trust;
mod url;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use whywait::time::{sleep, timeout};

pub(crate) use self::error::DownloadError;
use self::error::Failure;
use self::exchange::{Answer, Exchange};
pub(crate) use self::file_name::file_name_of;
pub(crate) use self::keep::keep;
pub use self::news::DownloadNews;
pub(crate) use self::news::{Teller, listen};
pub(crate) use self::url::Url;

/// Most redirects that are followed; no honest chain comes near.
const REDIRECTS_MAX: usize = 10;

/// How often a server is tried that cannot be reached or hangs up before it answers.
const ATTEMPTS: u32 = 3;

/// The wait before the second attempt; the third waits twice as long.
const RETRY_WAIT: Duration = Duration::from_millis(100);

/// What to fetch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// Of a server out there; of a peer of the plan, whose name is then the host.
    pub(crate) url: &'a str,
    /// Where the host is, if that is known already.
    pub(crate) address: Option<SocketAddr>,
    /// The longest that all of it may take: redirects, retries and the body.
    pub(crate) timeout: Duration,
}

/// Where a body goes.
pub(crate) trait Sink {
    /// A body begins, of so many bytes if the server said.
    async fn begin(&mut self, length: Option<u64>) -> io::Result<()>;

    /// The next piece of it.
    async fn take(&mut self, piece: Bytes) -> io::Result<()>;
}

/// Fetches a body into `sink`.
///
/// Under a model that does not overlap the timeout ends every operation, but not a look-up of a
/// name, which ends by the resolver's own limit.
///
/// # Errors
/// With the URL, what was tried and what was missing. What `sink` took before is no whole body.
pub(crate) async fn get(request: &Request<'_>, sink: &mut impl Sink) -> Result<(), DownloadError> {
    let refuse = |failure| DownloadError::new(request.url, None, failure);
    let first = Url::parse(request.url).map_err(|mistake| refuse(Failure::Url(mistake)))?;
    let mut download = Download { request, url: first, came: Came::default() };
    let fetched = timeout(request.timeout, download.follow(sink)).await;
    let failure = match fetched {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::Timeout { limit: request.timeout, came: download.came.clone() },
    };
    Err(DownloadError::new(request.url, Some(&download.url), failure))
}

/// How much of a body has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Came {
    /// Bytes of the body so far; none before the answer's head.
    body: Cell<Option<u64>>,
    /// Bytes of the whole body, if the server said.
    announced: Cell<Option<u64>>,
}

struct Download<'a> {
    request: &'a Request<'a>,
    /// Where the redirects have led.
    url: Url,
    came: Came,
}

impl Download<'_> {
    /// Asks, and goes where the answers point, until there is a body.
    async fn follow(&mut self, sink: &mut impl Sink) -> Result<(), Failure> {
        for _ in 0..=REDIRECTS_MAX {
            match self.ask(sink).await? {
                Answer::Body => return Ok(()),
                Answer::Redirect(location) => {
                    let next = self.url.join(&location).map_err(|mistake| Failure::Location {
                        location: location.clone(),
                        mistake,
                    })?;
                    if self.url.is_secure() && !next.is_secure() {
                        return Err(Failure::Downgrade(next.to_string()));
                    }
                    self.url = next;
                }
            }
        }
        Err(Failure::TooManyRedirects(REDIRECTS_MAX))
    }

    /// Asks once, or again while the connection fails before anything of a body came.
    async fn ask(&mut self, sink: &mut impl Sink) -> Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            // An address that was given is that of the first URL's host.
            let is_first = self.url.as_str() == self.request.url;
            let address = self.request.address.filter(|_| is_first);
            let exchange = Exchange { url: &self.url, address, came: &self.came };
            match exchange.carry_out(sink).await {
                Err(failure)
                    if failure.is_of_the_connection() && self.came.body.get().is_none() =>
                {
                    if attempt == ATTEMPTS {
                        return Err(Failure::GivenUp {
                            attempts: ATTEMPTS,
                            last: Box::new(failure),
                        });
                    }
                    sleep(RETRY_WAIT * attempt).await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }
}
