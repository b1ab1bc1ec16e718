//! `whywait`: EXPLAIN ANALYZE for I/O.
//!
//! Each subcommand is a file in `commands/` and its line in the table there. Left out on purpose:
//! everything that another front end would need too; that is the libraries'.

mod commands;
mod download_bars;
mod failure;
mod format_option;
mod help;
mod nearest;
mod output;
mod progress_bar;
mod quantity_option;
mod record_file;
mod signals;
mod terminal;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{Command, Error};

use crate::commands::COMMANDS;
use crate::failure::Codes;

fn main() -> ExitCode {
    // Workers and measured processes are this program, executed again.
    whywait::worker_entry();
    whywait_lab::run_entry();
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return answer(&error),
    };
    let (name, arguments) = matches.subcommand().expect("clap demands a subcommand");
    let row = COMMANDS.iter().find(|row| row.name == name).expect("clap knows only our rows");
    match (row.run)(arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(row.codes),
    }
}

/// Shows what clap has to say: help, the version, or a mistake, for which each subcommand has its
/// own exit code.
fn answer(error: &Error) -> ExitCode {
    // Where nobody reads it, the exit code says it all the same.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    let asked = std::env::args_os().nth(1);
    let row = COMMANDS.iter().find(|row| asked.as_deref() == Some(OsStr::new(row.name)));
    ExitCode::from(row.map_or(Codes::OWN, |row| row.codes).usage)
}

fn command() -> Command {
    let command = Command::new("whywait")
        .version(env!("CARGO_PKG_VERSION"))
        .about("EXPLAIN ANALYZE for I/O: who waits, and what would another I/O model cost?")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "Examples:\n  \
             whywait explain -- python3 app.py   how a program does its I/O, who waits, what is wrong\n  \
             whywait explain --pid 1234          the same of one that runs already, until Ctrl-C\n  \
             whywait record -o r.wwr -- ./app    watch now, and `whywait explain --from r.wwr` later\n  \
             whywait compare files               write 5000 files under every I/O model, and compare\n  \
             whywait compare my-plan.toml        run your own plan under every I/O model\n  \
             whywait models                      what I/O models there are, and which run here",
        );
    COMMANDS.iter().fold(command, |command, row| command.subcommand((row.build)(row.name)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
