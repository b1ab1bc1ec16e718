//! The plans that need no file.
//!
//! They are ordinary plans: each can be written to a plan file and read back, and nothing is
//! decided by their names.

mod files;
mod options;
mod read;

pub use options::{FilesOptions, OptionsError};

use crate::Plan;

/// A plan that needs no file.
#[derive(Debug)]
pub struct BuiltIn {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What is assumed where no option is said.
    pub defaults: FilesOptions,
    /// Makes the plan.
    ///
    /// Its error says which option is out of its range.
    pub plan: fn(&FilesOptions) -> Result<Plan, OptionsError>,
}

/// The plans that need no file, in the order in which they are listed to people.
pub const BUILTINS: &[BuiltIn] = &[files::BUILTIN, read::BUILTIN];
