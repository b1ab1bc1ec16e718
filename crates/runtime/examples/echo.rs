//! A TCP echo server and its clients in one program, under the I/O model that you name.
//!
//! ```text
//! cargo run -p whywait --example echo
//! cargo run -p whywait --example echo epoll --clients 100
//! cargo run -p whywait --example echo blocking            refused, and says what to do
//! ```
//!
//! This program *needs* two things to advance at once: a client waits for an answer, and the
//! server has to run for there to be one. It says so, with `spawn_concurrent` where `spawn` would
//! compile too. A model that cannot do it refuses at that line; with `spawn`, the thread would sit
//! in the first `accept` and never come to the client.

mod failure;

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};

use whywait::net::{TcpListener, TcpStream};
use whywait::{
    Bytes, DriverKind, MODELS, Model, NoConcurrency, Runtime, WorkersKind, spawn_concurrent,
    try_join_all,
};

use crate::failure::Failure;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, clients) = match words[..] {
        [] => ("auto", "3"),
        [model] => (model, "3"),
        ["--clients", clients] => ("auto", clients),
        [model, "--clients", clients] => (model, clients),
        _ => return Err("usage: echo [MODEL] [--clients N]".into()),
    };
    let clients: usize = clients.parse()?;

    let runtime = Runtime::new(model.parse::<Model>()?)?;
    println!("model {}", runtime.resolved().model);
    for (number, reply) in runtime.block_on(talk(clients))?.iter().enumerate() {
        println!("client {number} got back: {reply}");
    }
    let counters = runtime.counters();
    println!("{} operations in {} system calls", counters.completed, counters.syscalls);
    Ok(())
}

/// Starts the server, lets all clients talk to it at once and gives what each got back.
async fn talk(clients: usize) -> Result<Vec<String>, Failure> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_address()?;
    let server = spawn_concurrent(serve(listener, clients)).map_err(advise)?;
    let replies = try_join_all((0..clients).map(|number| converse(address, number))).await?;
    server.await??;
    Ok(replies)
}

/// Accepts connections, each of which is then served beside the others.
async fn serve(listener: TcpListener, clients: usize) -> io::Result<()> {
    for _ in 0..clients {
        let (stream, _) = listener.accept().await?;
        spawn_concurrent(echo(stream)).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Sends back what comes, until the other side has no more.
async fn echo(stream: TcpStream) -> io::Result<()> {
    loop {
        // The buffer is the driver's, and taken only when there is something to receive: a
        // thousand connections that wait hold none.
        let received = stream.recv_pooled().await?;
        if received.is_empty() {
            return Ok(());
        }
        stream.send_all(Bytes::copy_from_slice(&received)).await?;
    }
}

async fn converse(address: SocketAddr, number: usize) -> io::Result<String> {
    let stream = TcpStream::connect(address).await?;
    stream.send_all(format!("hello from client {number}")).await?;
    stream.shutdown(Shutdown::Write).await?;
    let mut reply = Vec::new();
    loop {
        let received = stream.recv_pooled().await?;
        if received.is_empty() {
            return Ok(String::from_utf8_lossy(&reply).into_owned());
        }
        reply.extend_from_slice(&received);
    }
}

/// Says of a refusal what to do about it.
fn advise(refusal: NoConcurrency) -> String {
    let overlaps = |driver| DriverKind::named(driver).is_some_and(|kind| kind.overlaps);
    let able = MODELS
        .iter()
        .filter(|row| row.workers == WorkersKind::One && row.driver.is_some_and(overlaps));
    let names: Vec<_> = able.map(|row| row.name).collect();
    format!(
        "{refusal}, and a server and its clients are more; choose a model that overlaps: {}",
        names.join(", ")
    )
}
