//! One download under each of the four combinations of blocking and non-blocking with
//! synchronous and asynchronous, and the order of events in each.
//!
//! ```text
//! cargo run -p whywait --example four_combinations                  downloads that take 3 s
//! cargo run -p whywait --example four_combinations -- --delay 0.5
//! ```
//!
//! Two questions tell the four apart. Does the call give control back before it is done? If so it
//! is *non-blocking*. Who finds out that it is done? If the caller has to look or wait, it is
//! *synchronous*; if whoever did the work tells it, *asynchronous*.
//!
//! | model | control | notice | what to see in the output |
//! |---|---|---|---|
//! | `blocking` | blocking | synchronous | nothing happens while it waits, and it costs nothing |
//! | `nonblocking` | non-blocking | synchronous | the same order, and a CPU burnt with asking |
//! | `offload` | blocking | asynchronous | it could do something else, and waits all the same |
//! | `epoll` | non-blocking | asynchronous | the next work comes before the data |
//!
//! The code between "request" and "received" differs as little as the combinations allow; what
//! differs most is the model that each part is run under. The origin of the download is a thread
//! of this program: it takes a request on loopback and answers when the delay is over.

mod failure;

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use whywait::measure::ProcessUsage;
use whywait::net::TcpStream;
use whywait::{Model, Runtime, spawn, spawn_concurrent, time};

use crate::failure::Failure;

const REQUEST: &str = "the file, please";
const ANSWER: &str = "the file, at last";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = match words[..] {
        [] => "3",
        ["--delay", seconds] => seconds,
        _ => return Err("usage: four_combinations [--delay SECONDS]".into()),
    };
    let delay = Duration::try_from_secs_f64(seconds.parse()?)?;

    show("blocking", delay, wait_for_it)?;
    show("nonblocking", delay, wait_for_it)?;
    show("offload", delay, hand_over_and_wait)?;
    show("epoll", delay, hand_over_and_go_on)?;
    Ok(())
}

/// The first and the second. The next line of the program needs the data, so it has to wait for them: asleep in
/// one `recv` under `blocking`; under `nonblocking` in a loop over a `recv` that says `EAGAIN`.
async fn wait_for_it(journal: Journal) -> io::Result<()> {
    let connection = request(&journal).await?;
    journal.note("1 request");
    let data = receive(connection).await?;
    journal.note(&format!("2 received: {data}"));
    journal.note("3 next work");
    Ok(())
}

/// The third. The work is handed to a task, and the driver hands it to another thread; then the program
/// waits for that one result, which undoes what was gained: `submit(…)`, then `.result()`.
async fn hand_over_and_wait(journal: Journal) -> io::Result<()> {
    let connection = request(&journal).await?;
    journal.note("1 request, handed over");
    let download = spawn(receive(connection));
    journal.note("  (I could have done something else here)");
    let data = download.await.map_err(io::Error::other)??;
    journal.note(&format!("2 received: {data}"));
    journal.note("3 next work");
    Ok(())
}

/// The fourth. The work is handed over together with what is to be done when it is done, and the program
/// goes on. It looks at no socket again: the loop wakes the task when data have come.
async fn hand_over_and_go_on(journal: Journal) -> io::Result<()> {
    let connection = request(&journal).await?;
    journal.note("1 request, handed over with a callback");
    let has_come = Rc::new(Cell::new(false));
    let (callback, told) = (journal.clone(), Rc::clone(&has_come));
    let download = spawn_concurrent(async move {
        let data = receive(connection).await?;
        callback.note(&format!("3 received, says the callback: {data}"));
        told.set(true);
        io::Result::Ok(())
    });
    journal.note("2 next work: I do not wait");
    let mut pieces = 0;
    while !has_come.get() {
        pieces += 1;
        // A piece of other work; its end is where the loop looks at what else is ready.
        time::sleep(journal.delay / 20).await;
    }
    journal.note(&format!("  ({pieces} pieces of other work are done)"));
    download.map_err(io::Error::other)?.await.map_err(io::Error::other)?
}

/// Connects to the origin and asks it for the file.
async fn request(journal: &Journal) -> io::Result<TcpStream> {
    let connection = TcpStream::connect(journal.origin).await?;
    connection.send_all(REQUEST).await?;
    Ok(connection)
}

/// Waits for the answer: this is what takes so long.
async fn receive(connection: TcpStream) -> io::Result<String> {
    let mut data = Vec::new();
    loop {
        let received = connection.recv_pooled().await?;
        if received.is_empty() {
            return Ok(String::from_utf8_lossy(&data).into_owned());
        }
        data.extend_from_slice(&received);
    }
}

/// Runs one combination under its model, with an origin of its own, and says what it cost.
fn show<F>(name: &str, delay: Duration, combination: fn(Journal) -> F) -> Result<(), Failure>
where
    F: Future<Output = io::Result<()>>,
{
    let model: Model = name.parse()?;
    if let (Some(control), Some(notice)) = (model.row().control, model.row().notice) {
        println!("{model}: {control}, {notice}");
    }
    let (origin, answered) = start_origin(delay)?;
    let runtime = Runtime::new(model)?;
    let before = ProcessUsage::now();
    let journal = Journal { started: Instant::now(), origin, delay };
    runtime.block_on(combination(journal.clone()))?;
    let elapsed = journal.started.elapsed();
    let used = ProcessUsage::now() - before;
    let cpu = used.cpu_user + used.cpu_system;
    println!(
        "  = {:.3} s elapsed, {:.3} s of CPU burnt, would_block {}\n",
        elapsed.as_secs_f64(),
        cpu.as_secs_f64(),
        runtime.counters().would_block
    );
    answered.join().map_err(|_| "the origin panicked")??;
    Ok(())
}

/// What a combination works with: where to ask, and where to write what happens.
#[derive(Clone)]
struct Journal {
    started: Instant,
    origin: SocketAddr,
    delay: Duration,
}

impl Journal {
    fn note(&self, event: &str) {
        println!("  {:.3} s  {event}", self.started.elapsed().as_secs_f64());
    }
}

/// Starts a thread that answers one request when `delay` is over.
fn start_origin(delay: Duration) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let thread = thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        connection.read_exact(&mut [0; REQUEST.len()])?;
        thread::sleep(delay);
        connection.write_all(ANSWER.as_bytes())
    });
    Ok((address, thread))
}
