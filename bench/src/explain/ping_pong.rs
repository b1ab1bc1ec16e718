//! `ping-pong`: how near two CPUs are, asked by a process of its own, which goes before others.
//!
//! Left out on purpose: what that means; see [`Nearness`](crate::cpus::Nearness).

use std::io::{Write, stdout};

use super::precedence::first;
use crate::arguments::Arguments;
use crate::cpus::{CpuPair, ping_pong_ns};
use crate::failure::Failure;

/// `ping-pong --server CPU --load CPU`: prints a cache line's round trip in nanoseconds.
///
/// # Errors
/// When a CPU is none that this process may use.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, &["--server", "--load"])?;
    let cpu = |name| arguments.number(name, 0);
    let cpus = CpuPair { server: cpu("--server")?, load: cpu("--load")? };
    Ok(writeln!(stdout(), "{}", ping_pong_ns(cpus)?)?)
}

/// What [`run`] prints.
///
/// # Errors
/// When it failed.
pub(crate) fn ask_ns(cpus: CpuPair) -> Result<f64, Failure> {
    let mut command = first(&std::env::current_exe()?)?;
    let [server, load] = [cpus.server, cpus.load].map(|cpu| cpu.to_string());
    let output = command.args(["ping-pong", "--server", &server, "--load", &load]).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| {
        format!("ping-pong: {}", String::from_utf8_lossy(&output.stderr).trim_end()).into()
    })
}
