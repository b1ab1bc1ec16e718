//! `whywait`: EXPLAIN ANALYZE for I/O.
//!
//! Each subcommand is a file in `commands/` and its line in the table there. Left out on purpose:
//! everything that another front end would need too; that is the libraries'.

mod commands;
mod download_bars;
mod failure;
mod nearest;
mod progress_bar;
mod terminal;

use std::process::ExitCode;

use clap::Command;

use crate::commands::COMMANDS;

fn main() -> ExitCode {
    // Workers and measured processes are this program, executed again.
    whywait::worker_entry();
    whywait_lab::run_entry();
    let matches = command().get_matches();
    let (name, arguments) = matches.subcommand().expect("clap demands a subcommand");
    let row = COMMANDS.iter().find(|row| row.name == name).expect("clap knows only our rows");
    match (row.run)(arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn command() -> Command {
    let command = Command::new("whywait")
        .version(env!("CARGO_PKG_VERSION"))
        .about("EXPLAIN ANALYZE for I/O: who waits, and what would another I/O model cost?")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "Examples:\n  whywait models                    what I/O models there are, and which run here\n  \
             whywait compare files             write 5000 files under every model\n  \
             whywait compare my-plan.toml      run your own plan under every model",
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
