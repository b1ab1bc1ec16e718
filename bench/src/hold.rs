//! `hold`: very many connections at once, all answered, none dropped.
//!
//! The server is `uring-processes`, so that each process stays within its descriptors; the load
//! has as many processes, each with a source address of its own. Left out on purpose: any peer.
//! What is asked is whether whywait can, and with how much memory.

use std::fs;
use std::time::Duration;

use whywait_lab::Stop;
use whywait_lab::load::{LoadEvent, LoadRequest, LoadResult, LoadWork, generate};

use crate::arguments::Arguments;
use crate::echo::{ServerProcess, end_with_parent, resident_bytes, serve_whywait};
use crate::failure::Failure;

/// How long all connections are kept busy.
const WINDOW: Duration = Duration::from_secs(5);
/// No answer may take longer, with so many connections before it.
const PATIENCE: Duration = Duration::from_secs(60);
/// The whole takes no longer.
const LIMIT: Duration = Duration::from_secs(600);

/// `hold [--connections N] [--processes N]`: opens all, keeps all busy, and prints what was seen.
///
/// # Errors
/// When a connection failed, or was not answered.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, &["--connections", "--processes"])?;
    let connections: usize = arguments.number("--connections", 100_000)?;
    let processes: usize = arguments.number("--processes", 8)?;
    let program = std::env::current_exe()?;
    let mut server = ServerProcess::start(&program, &["hold-server", &processes.to_string()])?;
    let before = Memory::read(server.id())?;
    let mut held = Err("the connections were never open all at once".into());
    let request = LoadRequest {
        work: LoadWork::ClosedLoop { warm_up: Duration::ZERO, duration: WINDOW },
        patience: PATIENCE,
        limit: LIMIT,
        ..LoadRequest::new(server.address, connections)
    };
    let mut look = |event| {
        if event == LoadEvent::Ended {
            held = Memory::read(server.id());
        }
    };
    let result = generate(&request, &Stop::default(), &mut look);
    let result = result.map_err(|error| server.last_words().unwrap_or(error.into()))?;
    if let Some(first) = &result.first_failure {
        let failed = result.failed_connections;
        return Err(format!("{failed} of {connections} connections failed: {first}").into());
    }
    print(&result, &before, &held?);
    if result.connected == connections as u64 && result.bytes_sent == result.bytes_received {
        Ok(())
    } else {
        Err("connections or bytes are missing".into())
    }
}

/// `hold-server PROCESSES`: serves until it is ended, at the latest with its parent.
///
/// # Errors
/// When the model cannot run here, or accepting fails for good.
pub(crate) fn serve(words: &[String]) -> Result<(), Failure> {
    let processes = words.first().ok_or("hold-server: the number of processes is missing")?;
    end_with_parent()?;
    serve_whywait(&format!("uring-processes:{processes}"))
}

/// Memory in use at a moment.
struct Memory {
    /// `VmRSS` of each of the server's processes, the one that started the others first.
    server_bytes: Vec<u64>,
    /// Of the machine: what is neither free nor to be had (`MemTotal` less `MemAvailable`).
    machine_bytes: u64,
}

impl Memory {
    fn read(server: u32) -> Result<Self, Failure> {
        let processes = [vec![server], children(server)?].concat();
        let server_bytes = processes.into_iter().map(resident_bytes).collect::<Result<_, _>>()?;
        let information = fs::read_to_string("/proc/meminfo")?;
        let kib = |name: &str| {
            let line = information.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        };
        let used = kib("MemTotal:").zip(kib("MemAvailable:")).map(|(all, free)| all - free);
        let machine_bytes =
            used.ok_or("/proc/meminfo does not say how much memory is used")? * 1024;
        Ok(Self { server_bytes, machine_bytes })
    }
}

/// The processes that a process has started and that still run.
fn children(process: u32) -> Result<Vec<u32>, Failure> {
    let mut all = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("children"))?;
        for word in text.split_whitespace() {
            all.push(word.parse()?);
        }
    }
    Ok(all)
}

fn print(result: &LoadResult, before: &Memory, held: &Memory) {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let server = held.server_bytes.iter().sum::<u64>();
    let idle = before.server_bytes.iter().sum::<u64>();
    let each = (server as f64 - idle as f64) / result.connected as f64;
    let machine = held.machine_bytes.saturating_sub(before.machine_bytes);
    println!("{} connections at once, {} failed", result.connected, result.failed_connections);
    println!(
        "{} messages answered, {:.0} a second while all were busy; {} bytes sent, {} came back",
        result.all_round_trips,
        result.round_trips_per_s(),
        result.bytes_sent,
        result.bytes_received
    );
    println!(
        "server: {} processes, {:.0} MiB before the first connection, {:.0} MiB with all; \
         {each:.0} bytes a connection",
        held.server_bytes.len(),
        mib(idle),
        mib(server)
    );
    println!(
        "machine: {:.0} MiB more in use, which is both ends, the kernel's sockets and the load",
        mib(machine)
    );
}
