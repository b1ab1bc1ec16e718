//! A TCP echo server under the I/O model that you name, until it is ended: something to put load
//! on, and to look at with `whywait explain`.
//!
//! ```text
//! cargo run -p whywait --example serve                          the model of `auto`, any port
//! cargo run -p whywait --example serve epoll-processes:2 7777
//! cargo run -p whywait --example serve threads 7777 0.001       answers after a millisecond
//! whywait explain --pid PID --duration 10s
//! ```
//!
//! What differs between the models is one word on the command line. What a diagnosis calls each of
//! them is `seen_as` in the table of models.

mod failure;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use whywait::net::TcpStream;
use whywait::{Model, Runtime, ServeControl, ServeStop, time};

use crate::failure::Failure;

fn main() -> Result<(), Failure> {
    // Models with worker processes execute this program again.
    whywait::worker_entry();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, port, delay) = match words[..] {
        [] => ("auto", "0", "0"),
        [model] => (model, "0", "0"),
        [model, port] => (model, port, "0"),
        [model, port, delay] => (model, port, delay),
        _ => return Err("usage: serve [MODEL [PORT [SECONDS]]]".into()),
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse()?));
    let delay = Duration::try_from_secs_f64(delay.parse()?)?;

    let runtime = Runtime::new(model.parse::<Model>()?)?;
    let resolved = runtime.resolved().model;
    let stop = ServeStop::new()?;
    let control = ServeControl::new(&stop).on_ready(|address| {
        // Whoever started it may have stopped reading; the server serves all the same.
        let _ = writeln!(io::stdout(), "{resolved} listens at {address}");
    });
    runtime.serve(address, delay, echo, control)?;
    Ok(())
}

/// Sends back what comes, each time after the delay, until the other side has no more.
async fn echo(delay: Arc<Duration>, stream: TcpStream) -> io::Result<()> {
    loop {
        let received = stream.recv_pooled().await?;
        if received.is_empty() {
            return Ok(());
        }
        if !delay.is_zero() {
            time::sleep(*delay).await;
        }
        stream.send_all(received).await?;
    }
}
