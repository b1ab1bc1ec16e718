//! The subcommands: a file and a row each.

mod compare;
mod models;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::failure::Failure;

/// A subcommand.
pub(crate) struct CommandRow {
    /// What is typed.
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) build: fn(&'static str) -> Command,
    /// Does it.
    pub(crate) run: fn(&ArgMatches) -> Result<ExitCode, Failure>,
}

/// Every subcommand, in the order of the help.
pub(crate) const COMMANDS: &[CommandRow] = &[
    CommandRow { name: "compare", build: compare::build, run: compare::run },
    CommandRow { name: "models", build: models::build, run: models::run },
];
