//! Where the program, executed again, becomes an echo server.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use whywait::net::TcpStream;
use whywait::{Error, Runtime, ServeControl, ServeStop};

use super::message::{EchoServed, ServerCommand, ServerMessage, ServerRequest};
use super::usage::{ServerMemory, ServerUsage};
use crate::companion::{hear, say};
use crate::cpus;
use crate::run_entry::end_with;

/// The name under which servers are started and show in `ps`.
pub(crate) const SERVER_NAME: &str = "whywait-echo";

/// How long connections may go on when the server stops; the load has ended them before.
const DRAIN: Duration = Duration::from_secs(1);

/// Hears what is asked for, serves until it is told to stop, and says what came of it.
pub(crate) fn run_server() -> io::Result<()> {
    let Some(request) = hear::<ServerRequest>()? else { return Ok(()) };
    end_with(request.parent)?;
    let all_cpus = cpus::allowed();
    if !request.cpus.is_empty() {
        cpus::keep_to(&request.cpus)?;
    }
    say(&match serve(&request, all_cpus) {
        Ok(served) => ServerMessage::Served(Box::new(served)),
        Err(error @ (Error::Unavailable(_) | Error::WorkerStart { .. })) => {
            ServerMessage::Unable(error.to_string())
        }
        Err(error) => ServerMessage::Broken(error.to_string()),
    })
}

fn serve(request: &ServerRequest, all_cpus: Vec<usize>) -> Result<EchoServed, Error> {
    let runtime = Runtime::new(request.model)?;
    let stop = ServeStop::new().map_err(Error::Accept)?;
    let listener = stop.clone();
    thread::spawn(move || obey(&listener, &all_cpus));
    let control = ServeControl::new(&stop).drain(DRAIN).on_ready(|address| {
        // Whoever started this server and cannot be told has ended, and this process with it.
        let _ = say(&ServerMessage::Listening(address));
    });
    let anywhere = ([127, 0, 0, 1], 0).into();
    let served = runtime.serve(anywhere, (), echo, control)?;
    Ok(EchoServed {
        connections: served.connections,
        failed: served.failed,
        first_failure: served.first_failure,
        cost: served.cost,
        workers: served.workers,
        workers_lost: served.workers_lost,
    })
}

/// Does what is asked for while the server serves, on a thread of its own and on any CPU.
fn obey(stop: &ServeStop, all_cpus: &[usize]) {
    // Where it may not, it looks from the server's own CPU, and is subtracted all the same.
    let _ = cpus::keep_to(all_cpus);
    while let Ok(Some(command)) = hear() {
        let said = match command {
            ServerCommand::Usage => say(&ServerMessage::Usage(ServerUsage::now())),
            ServerCommand::Memory => say(&ServerMessage::Memory(ServerMemory::now())),
            ServerCommand::Stop => break,
        };
        if said.is_err() {
            break;
        }
    }
    stop.stop();
}

/// Sends back what comes, from the buffer in which it came.
async fn echo(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut incoming = stream.recv_many();
    loop {
        let came = incoming.next().await?;
        if came.is_empty() {
            return Ok(());
        }
        stream.send_all(came).await?;
    }
}
