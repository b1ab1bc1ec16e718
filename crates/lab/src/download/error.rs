//! Why a download failed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use whywait_plan::duration_text;

use super::url::UrlMistake;
use super::{Came, Url};

/// Why a download failed, and of which URL.
#[derive(Debug)]
pub(crate) struct DownloadError {
    asked: String,
    /// Where redirects had led, if elsewhere.
    reached: Option<String>,
    failure: Failure,
}

impl DownloadError {
    pub(super) fn new(asked: &str, reached: Option<&Url>, failure: Failure) -> Self {
        let reached = reached.map(Url::to_string).filter(|reached| reached != asked);
        Self { asked: asked.to_owned(), reached, failure }
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.asked)?;
        if let Some(reached) = &self.reached {
            write!(f, " (by way of redirects: {reached})")?;
        }
        write!(f, ": {}", self.failure)
    }
}

impl std::error::Error for DownloadError {}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Url(UrlMistake),
    #[error("the address of `{host}` could not be found: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("no connection to {address}: {source}")]
    Connect { address: SocketAddr, source: io::Error },
    #[error("no certificate can be checked: {0}; SSL_CERT_FILE can name a file of those to trust")]
    Trust(String),
    #[error("TLS with {address} failed: {source}")]
    Tls { address: SocketAddr, source: io::Error },
    #[error("the connection ended before an answer: {}", root_of(.0))]
    NoAnswer(hyper::Error),
    #[error("what came is not HTTP: {}", root_of(.0))]
    NotHttp(hyper::Error),
    #[error("the server answered {0}, and 200 OK was expected")]
    Status(hyper::StatusCode),
    #[error("the server answered {0} and did not say where to go")]
    NoLocation(hyper::StatusCode),
    #[error("a redirect to {location:?}, of which nothing can be fetched: {mistake}")]
    Location { location: String, mistake: UrlMistake },
    #[error(
        "a redirect from https to {0}, which would not be encrypted; ask for that URL to have it"
    )]
    Downgrade(String),
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    #[error("the body broke off: {}: {}", .came, root_of(.source))]
    Body { came: Came, source: hyper::Error },
    #[error("not done after {}, its timeout: {came}", duration_text(*limit))]
    Timeout { limit: Duration, came: Came },
    #[error("what came could not be kept: {0}")]
    Sink(io::Error),
    #[error("{last} ({attempts} attempts)")]
    GivenUp { attempts: u32, last: Box<Failure> },
}

impl Failure {
    /// Whether another attempt may go better: the server could not be reached, or hung up
    /// without a word. What it said, and what is wrong with a name or a certificate, stays.
    pub(super) fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::NoAnswer(_))
            || matches!(self, Self::Tls { source, .. } if source.kind() != io::ErrorKind::InvalidData)
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.body.get(), self.announced.get()) {
            (None, _) => f.write_str("no answer had come"),
            (Some(came), None) => write!(f, "{came} bytes had come, of a length not announced"),
            (Some(came), Some(announced)) => {
                let missing = announced.saturating_sub(came);
                write!(f, "{came} of {announced} bytes had come, {missing} were missing")
            }
        }
    }
}

/// The innermost reason: hyper's own words are the same for all that can happen to a connection.
fn root_of(error: &hyper::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
