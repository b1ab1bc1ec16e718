//! hyper, as a server and as a client, over this library's streams under every driver.
//!
//! Left out on purpose: how fast it is.
#![cfg(all(feature = "hyper", feature = "tls"))]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use futures_util::io::{AsyncBufRead, AsyncWrite};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use whywait::hyper_rt::{Executor, Io, Timer};
use whywait::net::{TcpListener, TcpStream};
use whywait::tls::TlsStream;
use whywait::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use whywait::tls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use whywait::{Model, Runtime, time, try_join};

/// A model for each driver.
const MODELS: [&str; 7] =
    ["blocking", "nonblocking", "offload", "select", "poll", "epoll", "uring"];

/// Longer than what a socket's buffers take at once.
const BODY_BYTES: usize = 3 << 20;

/// The models that run here.
fn models() -> impl Iterator<Item = Model> {
    let models = MODELS.iter().map(|name| name.parse::<Model>().unwrap());
    models.filter(|model| model.probe().is_ok())
}

/// Answers with what it got, after work that waits: under a driver that does not overlap hyper's
/// own receives must not stand before that.
async fn answer(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let body = request.into_body().collect().await.expect("a whole body").to_bytes();
    time::sleep(Duration::from_millis(1)).await;
    Ok(Response::new(String::from_utf8(body.to_vec()).expect("text")))
}

async fn serve<T: AsyncBufRead + AsyncWrite + Unpin>(stream: T) {
    let builder = server::conn::http1::Builder::new().timer(Timer).clone();
    let served = builder.serve_connection(Io::new(stream), service_fn(answer)).await;
    served.expect("a client that keeps to the protocol");
}

/// Sends two requests on one connection, and checks what comes back.
async fn ask<T: AsyncBufRead + AsyncWrite + Unpin>(stream: T) {
    let handshake = client::conn::http1::handshake(Io::new(stream)).await;
    let (mut sender, connection) = handshake.expect("nothing is sent yet");
    let exchange = async move {
        for letter in ["a", "b"] {
            let text = letter.repeat(BODY_BYTES);
            let request = Request::post("/").header("host", "test").body(text.clone());
            let response = sender.send_request(request.expect("a request")).await?;
            let body = response.into_body().collect().await?.to_bytes();
            assert!(body == text.as_bytes(), "{} bytes came back", body.len());
        }
        Ok::<_, hyper::Error>(())
    };
    try_join(exchange, connection).await.expect("a server that keeps to the protocol");
}

/// Runs a server for one connection under `model` on a thread of its own.
fn serving(model: Model, tls: Option<Arc<ServerConfig>>) -> (SocketAddr, thread::JoinHandle<()>) {
    let (sender, address) = mpsc::channel();
    let server = thread::spawn(move || {
        Runtime::new(model).unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
            sender.send(listener.local_address().unwrap()).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            match tls {
                None => serve(stream).await,
                Some(config) => serve(TlsStream::accept(config, stream).await.unwrap()).await,
            }
        });
    });
    (address.recv().unwrap(), server)
}

#[test]
fn every_driver_serves_and_asks() {
    for model in models() {
        let (address, server) = serving(model, None);
        Runtime::new(model).unwrap().block_on(async {
            ask(TcpStream::connect(address).await.unwrap()).await;
        });
        server.join().unwrap_or_else(|_| panic!("the server under {model}"));
    }
}

#[test]
fn every_driver_serves_and_asks_over_tls() {
    let (certificate, server_config) = certified();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    for model in models() {
        let (address, server) = serving(model, Some(Arc::clone(&server_config)));
        Runtime::new(model).unwrap().block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = "localhost".try_into().unwrap();
            ask(TlsStream::connect(Arc::clone(&config), name, stream).await.unwrap()).await;
        });
        drop(server.join());
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (_, server_config) = certified();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let model = "blocking".parse().unwrap();
    let (address, server) = serving(model, Some(server_config));
    let error = Runtime::new(model).unwrap().block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        TlsStream::connect(Arc::new(config), name, stream).await.unwrap_err()
    });
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    assert!(server.join().is_err(), "the server was told");
}

#[test]
fn a_sleep_of_hypers_ends_and_can_be_dropped() {
    use hyper::rt::{Executor as _, Timer as _};
    for model in models() {
        Runtime::new(model).unwrap().block_on(async {
            let begun = std::time::Instant::now();
            drop(Timer.sleep(Duration::from_secs(3600)));
            Timer.sleep(Duration::from_millis(20)).await;
            assert!(begun.elapsed() >= Duration::from_millis(20), "{model}");
            let (sender, receiver) = mpsc::channel();
            Executor.execute(async move { sender.send(7).unwrap() });
            Timer.sleep(Duration::from_millis(1)).await;
            assert_eq!(receiver.try_recv(), Ok(7), "{model}");
        });
    }
}

fn certified() -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (certificate, Arc::new(config))
}
