//! Peers of whywait on the same work, and the harness that times all of them.
//!
//! `sample` does one contestant's work once, in this process, and prints what it cost as JSON;
//! `table` runs every contestant so, round by round, and prints the table. Left out on purpose:
//! any judgement by exit status. A missed target is a line in the table, never a failed test.

mod arguments;
mod bystanders;
mod chains;
mod column;
mod compio_peer;
mod contestant;
mod entrant;
mod harness;
mod monoio_peer;
mod place;
mod raw;
mod recently_deleted;
mod sample;
mod table;
mod targets;
mod tokio_peer;
mod whywait;
mod work;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask bench [--rounds N] [--files N] [--dir D] [--memory-dir D] [--only A,B]

  --rounds N       samples of each contestant (default 5)
  --files N        files per sample, 10,100 bytes each (default 5000)
  --dir D          a directory on a disk (default: the system's temporary directory)
  --memory-dir D   a directory in memory (default: /dev/shm)
  --only A,B       contestants whose names begin so (default: all)
";

fn main() -> ExitCode {
    // whywait's runs and its worker processes are this program, executed again.
    ::whywait::worker_entry();
    whywait_lab::run_entry();
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    let result = match command.as_str() {
        "sample" => sample::run(&words),
        "table" if !words.iter().any(|word| word == "--help") => harness::run(&words),
        _ => {
            print!("{USAGE}");
            return ExitCode::from(if words.iter().any(|word| word == "--help") { 0 } else { 2 });
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
