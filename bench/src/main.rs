//! Peers of whywait on the same work, and the harness that times all of them.
//!
//! `peers` runs every contestant round by round and prints the table; `files` does so for files
//! only, `explain` for watchers of a program, `instructions` counts instead of timing, and `hold` is
//! a test of endurance. The other commands are one contestant in a process of its own, which the
//! harness starts. A contestant is one file and one line of registration in `files/mod.rs`, `echo/mod.rs` or `timers/mod.rs`; a promise is a line in
//! `targets.rs`. Left out on purpose: any judgement by exit status. A missed target is a line in
//! the table, never a failed test.

mod arguments;
mod builds;
mod bystanders;
mod column;
mod cpus;
mod echo;
mod explain;
mod failure;
mod files;
mod harness;
mod hold;
mod instructions;
mod race;
mod spread;
mod table;
mod targets;
mod timers;
mod versions;

use std::process::ExitCode;

use crate::failure::Failure;

const USAGE: &str = "\
usage: cargo xtask bench [OPTIONS]         files only: writing, reading, random content
       cargo xtask bench peers [OPTIONS]   files, echo and timers, beside all peers
       cargo xtask bench hold [--connections N] [--processes N]
                                           100,000 connections at once
       cargo xtask bench instructions [--shape A,B] [--trips N] [--functions N] [OPTIONS]
                                           user instructions per echo round trip, counted one by one
       cargo xtask bench explain [--rounds N] [--seconds S] [--only A,B] [--threads N]
                                           what being watched costs; as root
options:
  --rounds N       samples of each contestant (default 5 for files, 3 for peers)
  --columns A,B    of write, read, random, echo, timers
  --only A,B       contestants whose names begin so (default: all)
  --against OLD    measure an older whywait in the same rounds: a checkout, which is built, or the
                   program that was built there
  --files N        files per sample, 10,100 bytes each (default 5000)
  --dir D          a directory on a disk (default: the system's temporary directory)
  --memory-dir D   a directory in memory (default: /dev/shm)
  --shape A,B      connections, or connections/active (default 50,1000,10000,10000/100)
  --seconds S      the window of an echo sample (default 1)
  --timers N       sleeps at once (default 100000)
";

/// Does what the words after a command's name say.
type Run = fn(&[String]) -> Result<(), Failure>;

/// What the first word asks for.
const COMMANDS: &[(&str, Run)] = &[
    ("files", harness::files),
    ("peers", harness::peers),
    ("hold", hold::run),
    ("explain", explain::run),
    ("instructions", instructions::run),
    ("empty-hooks", explain::empty_hooks),
    ("crowd", explain::crowd),
    ("ping-pong", explain::ping_pong),
    ("first", explain::first),
    ("hold-server", hold::serve),
    ("sample", files::run),
    ("server", echo::run),
    ("sleep", timers::run),
];

fn main() -> ExitCode {
    // whywait's runs and its worker processes are this program, executed again.
    ::whywait::worker_entry();
    whywait_lab::run_entry();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
    let helps = words.iter().any(|word| word == "--help");
    let found = COMMANDS.iter().find(|(name, _)| *name == command && !helps);
    let Some((_, run)) = found else {
        print!("{USAGE}");
        return ExitCode::from(if helps { 0 } else { 2 });
    };
    match run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
