//! Echo servers: what a round trip and a connection cost each contestant.
//!
//! A server is one file, written as its runtime's documentation advises, and one line in
//! [`SERVERS`]. Each runs in a process of its own (this program, executed again as `server NAME`)
//! on one CPU, and sends back what comes; the load of `whywait compare echo` is the same for all
//! and keeps to another CPU. Left out on purpose: TLS, protocols, and servers of several threads.

mod compio;
mod echo_race;
mod glommio;
mod libuv;
mod listen;
mod monoio;
mod provided;
mod raw_epoll;
mod raw_uring;
mod server_process;
mod shape;
mod smol;
mod std_threads;
mod tokio;
mod usage;
mod whywait;

pub(crate) use echo_race::EchoRace;
pub(crate) use libuv::version as libuv_version;
pub(crate) use server_process::ServerProcess;
pub(crate) use shape::{MESSAGE_BYTES, Shape};
pub(crate) use usage::{Usage, peak_resident_bytes, resident_bytes};
pub(crate) use whywait::serve as serve_whywait;

use crate::arguments::Arguments;
use crate::cpus::keep_to;
use crate::failure::Failure;

/// An echo server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// Announces where it listens, and serves until the process ends.
    serve: fn() -> Result<(), Failure>,
}

/// Every server, in the order of the table; a reference comes before those measured by it.
pub(crate) const SERVERS: &[Server] = &[
    Server { name: "raw-uring", serve: raw_uring::serve },
    Server { name: "raw-epoll", serve: raw_epoll::serve },
    Server { name: "std threads", serve: std_threads::serve },
    Server { name: "tokio", serve: tokio::serve },
    Server { name: "monoio", serve: monoio::serve },
    Server { name: "compio", serve: compio::serve },
    Server { name: "glommio", serve: glommio::serve },
    Server { name: "smol", serve: smol::serve },
    Server { name: "libuv", serve: libuv::serve },
    Server { name: "whywait poll", serve: || whywait::serve("poll") },
    Server { name: "whywait epoll", serve: || whywait::serve("epoll") },
    Server { name: "whywait uring", serve: || whywait::serve("uring") },
    Server { name: "whywait threads", serve: || whywait::serve("threads") },
];

/// The names of all servers.
pub(crate) fn server_names() -> impl Iterator<Item = &'static str> {
    SERVERS.iter().map(|server| server.name)
}

/// `server NAME [--cpu N]`: serves until it is ended, at the latest with its parent.
///
/// # Errors
/// When there is no such server, or it cannot go on.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let (name, words) = words.split_first().ok_or("server: the contestant's name is missing")?;
    let arguments = Arguments::parse(words, &["--cpu"])?;
    let server = SERVERS.iter().find(|server| server.name == name);
    let server = server.ok_or_else(|| format!("there is no server `{name}`"))?;
    end_with_parent()?;
    if arguments.get("--cpu").is_some() {
        keep_to(arguments.number("--cpu", 0)?)?;
    }
    (server.serve)()
}

/// Lets this process end when its parent does, however that ends.
///
/// # Errors
/// What `prctl(2)` said.
pub(crate) fn end_with_parent() -> rustix::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
}
