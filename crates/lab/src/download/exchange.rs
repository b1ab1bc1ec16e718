//! One request and its answer, on a connection of their own.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::io::{AsyncBufRead, AsyncWrite};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Response, StatusCode};
use whywait::hyper_rt::Io;
use whywait::net::TcpStream;
use whywait::tls::TlsStream;

use super::error::Failure;
use super::{Came, Sink, Url, resolve, trust};

/// What the server learns of us.
const AGENT: &str = concat!("whywait/", env!("CARGO_PKG_VERSION"));

/// One request to make.
pub(super) struct Exchange<'a> {
    pub(super) url: &'a Url,
    /// Where the host is, if that is known already.
    pub(super) address: Option<SocketAddr>,
    pub(super) came: &'a Came,
}

/// What came of it.
pub(super) enum Answer {
    /// A body, which the sink has.
    Body,
    /// The word that it is elsewhere.
    Redirect(String),
}

impl Exchange<'_> {
    /// Connects, asks, and gives the answer's body to `sink`.
    pub(super) async fn carry_out(&self, sink: &mut impl Sink) -> Result<Answer, Failure> {
        let (stream, address) = self.connect().await?;
        let Some(name) = self.url.server_name() else { return self.speak(stream, sink).await };
        let config = trust::client_config().map_err(Failure::Trust)?;
        let shaken = TlsStream::connect(config, name, stream).await;
        let stream = shaken.map_err(|source| Failure::Tls { address, source })?;
        self.speak(stream, sink).await
    }

    /// Connects to the first of the host's addresses that takes it.
    async fn connect(&self) -> Result<(TcpStream, SocketAddr), Failure> {
        let addresses = match self.address {
            Some(address) => vec![address],
            None => resolve::addresses(self.url.host(), self.url.port()).await?,
        };
        let mut refusal = None;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok((stream, address)),
                Err(source) => refusal = Some(Failure::Connect { address, source }),
            }
        }
        Err(refusal.unwrap_or_else(|| resolve::nowhere(self.url.host())))
    }

    async fn speak<T>(&self, stream: T, sink: &mut impl Sink) -> Result<Answer, Failure>
    where
        T: AsyncBufRead + AsyncWrite + Unpin,
    {
        let handshake = http1::handshake::<_, String>(Io::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(Failure::NoAnswer)?;
        let exchange = async {
            let answered = sender.send_request(self.request()).await;
            let response = answered.map_err(|error| {
                // A reset is an I/O error, an early end an incomplete message; the rest was read
                // and not understood.
                if error.is_parse() { Failure::NotHttp(error) } else { Failure::NoAnswer(error) }
            })?;
            self.take_answer(response, sink).await
        };
        drive(connection, exchange).await
    }

    fn request(&self) -> hyper::Request<String> {
        let mut request = hyper::Request::new(String::new());
        *request.uri_mut() = self.url.request_target();
        let headers = request.headers_mut();
        headers.insert(HOST, self.url.host_header());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        request
    }

    async fn take_answer(
        &self,
        response: Response<Incoming>,
        sink: &mut impl Sink,
    ) -> Result<Answer, Failure> {
        let status = response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let location =
                    response.headers().get(LOCATION).ok_or(Failure::NoLocation(status))?;
                let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
                return Ok(Answer::Redirect(location));
            }
            _ => return Err(Failure::Status(status)),
        }
        let mut body = response.into_body();
        let announced = body.size_hint().exact();
        self.came.announced.set(announced);
        self.came.body.set(Some(0));
        sink.begin(announced).await.map_err(Failure::Sink)?;
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame =
                frame.map_err(|source| Failure::Body { came: self.came.clone(), source })?;
            // Trailers are no part of the body.
            if let Ok(piece) = frame.into_data() {
                let came = self.came.body.get().unwrap_or_default() + piece.len() as u64;
                self.came.body.set(Some(came));
                sink.take(piece).await.map_err(Failure::Sink)?;
            }
        }
        Ok(Answer::Body)
    }
}

/// Polls the connection, which moves the bytes, beside the exchange, which waits for them, in one
/// task. How the connection ends, the exchange is told by hyper.
async fn drive<C: Future, E: Future>(connection: C, exchange: E) -> E::Output {
    let mut connection = pin!(connection);
    let mut exchange = pin!(exchange);
    let mut has_ended = false;
    poll_fn(|context| {
        if !has_ended {
            has_ended = connection.as_mut().poll(context).is_ready();
        }
        match exchange.as_mut().poll(context) {
            // What the exchange asked for just now goes out at once.
            Poll::Pending if !has_ended => {
                has_ended = connection.as_mut().poll(context).is_ready();
                if has_ended { exchange.as_mut().poll(context) } else { Poll::Pending }
            }
            polled => polled,
        }
    })
    .await
}
