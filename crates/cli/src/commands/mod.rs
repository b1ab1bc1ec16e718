//! The subcommands: a file and a row each.

mod capture;
mod compare;
mod explain;
mod models;
mod record;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::failure::{Codes, Failure};

/// A subcommand.
pub(crate) struct CommandRow {
    /// What is typed.
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) build: fn(&'static str) -> Command,
    /// By which exit codes it tells its own failures.
    pub(crate) codes: Codes,
    /// Does it.
    pub(crate) run: fn(&ArgMatches) -> Result<ExitCode, Failure>,
}

/// Every subcommand, in the order of the help.
pub(crate) const COMMANDS: &[CommandRow] = &[
    CommandRow {
        name: "explain",
        codes: Codes::PASSING_ON,
        build: explain::build,
        run: explain::run,
    },
    CommandRow { name: "record", codes: Codes::PASSING_ON, build: record::build, run: record::run },
    CommandRow { name: "compare", codes: Codes::OWN, build: compare::build, run: compare::run },
    CommandRow { name: "models", codes: Codes::OWN, build: models::build, run: models::run },
];
