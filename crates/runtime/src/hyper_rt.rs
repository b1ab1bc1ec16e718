//! HTTP by `hyper` 1 under any model: adapters of the traits in `hyper::rt`.
//!
//! Not called `hyper`, so that a program can import all of both:
//!
//! ```
//! use whywait::*;
//!
//! let (version, model) = (hyper::Version::HTTP_11, Model::EPOLL);
//! # let _ = (version, model);
//! ```
//!
//! [`Io`] carries hyper's bytes over a stream of this library, [`Timer`] gives hyper a clock and
//! [`Executor`] its tasks. They work under models that do not overlap too: a receive that hyper
//! begins only to notice an early close goes after all that can be sent (see [`TcpStream`]).
//!
//! A client drives its connection and its request together:
//!
//! ```
//! use http_body_util::BodyExt as _;
//! use hyper::{Request, client::conn::http1};
//! use whywait::hyper_rt::Io;
//! use whywait::{Runtime, net::TcpStream, try_join};
//!
//! async fn get(address: std::net::SocketAddr) -> Result<String, Box<dyn std::error::Error>> {
//!     let stream = TcpStream::connect(address).await?;
//!     let (mut sender, connection) = http1::handshake(Io::new(stream)).await?;
//!     let exchange = async move {
//!         let request = Request::get("/").header("host", "example").body(String::new());
//!         let response = sender.send_request(request.expect("the parts are well formed")).await?;
//!         Ok::<_, hyper::Error>(response.into_body().collect().await?.to_bytes())
//!     };
//!     let (body, ()) = try_join(exchange, connection).await?;
//!     Ok(String::from_utf8(body.to_vec())?)
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::io::{Read as _, Write as _};
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # let server = std::thread::spawn(move || -> std::io::Result<()> {
//! #     for _ in 0..3 {
//! #         let (mut stream, _) = listener.accept()?;
//! #         let mut request = [0; 1024];
//! #         let mut length = 0;
//! #         while !request[..length].ends_with(b"\r\n\r\n") {
//! #             length += stream.read(&mut request[length..])?;
//! #         }
//! #         stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")?;
//! #     }
//! #     Ok(())
//! # });
//!
//! for model in ["blocking", "epoll", "uring"] {
//! #   if model.parse::<whywait::Model>()?.probe().is_err() { continue }
//!     let body = Runtime::new(model.parse()?)?.block_on(get(address))?;
//!     assert_eq!(body, "hello");
//! }
//! # drop(server);
//! # Ok(())
//! # }
//! ```
//!
//! A server is a service for each connection:
//!
//! ```
//! use std::convert::Infallible;
//! use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
//! use whywait::hyper_rt::{Io, Timer};
//! use whywait::net::TcpStream;
//!
//! async fn answer(_: Request<Incoming>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new("hello".into()))
//! }
//!
//! async fn serve(stream: TcpStream) -> Result<(), hyper::Error> {
//!     http1::Builder::new()
//!         .timer(Timer)
//!         .serve_connection(Io::new(stream), service_fn(answer))
//!         .await
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::io::{Read as _, Write as _};
//! # use whywait::{Runtime, net::TcpListener};
//! # for model in ["blocking", "epoll"] {
//! #     let body = Runtime::new(model.parse()?)?.block_on(async {
//! #         let listener = TcpListener::bind("127.0.0.1:0".parse()?).await?;
//! #         let address = listener.local_address()?;
//! #         let client = std::thread::spawn(move || -> std::io::Result<String> {
//! #             let mut stream = std::net::TcpStream::connect(address)?;
//! #             stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
//! #             let mut text = String::new();
//! #             stream.read_to_string(&mut text)?;
//! #             Ok(text)
//! #         });
//! #         serve(listener.accept().await?.0).await?;
//! #         Ok::<_, Box<dyn std::error::Error>>(client.join().expect("no panic")?)
//! #     })?;
//! #     assert!(body.starts_with("HTTP/1.1 200 OK\r\n") && body.ends_with("\r\n\r\nhello"));
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! Left out on purpose: a pool of connections, and HTTP/2, for which hyper's own builders take
//! [`Executor`] as they take any other.
//!
//! [`TcpStream`]: crate::net::TcpStream

mod executor;
mod io;
mod timer;

pub use executor::Executor;
pub use io::Io;
pub use timer::Timer;
