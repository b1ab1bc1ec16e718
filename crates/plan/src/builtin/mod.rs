//! The plans that need no file.
//!
//! They are ordinary plans: each can be written to a plan file and read back, and nothing is
//! decided by their names. Each is one file, which has the table of its options too, so that
//! whoever reads a command line need not know them.

mod built_in_option;
mod choices;
mod download;
mod files;
mod many_files;
mod options_error;
mod read;
mod timers;

pub use self::built_in_option::BuiltInOption;
pub use self::options_error::OptionsError;

use self::choices::Choices;
use crate::Plan;

/// A plan that needs no file.
#[derive(Debug)]
pub struct BuiltIn {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What it can be asked for.
    pub options: &'static [BuiltInOption],
    plan: fn(&Choices<'_>) -> Result<Plan, OptionsError>,
}

impl BuiltIn {
    /// Makes the plan with what is given for its options, by their names; where one is given
    /// twice that takes one value, the last counts. What is not given is as the table of its options says.
    ///
    /// # Errors
    /// When an option is none of its own, or out of its range, or makes no sense beside another.
    pub fn plan(&self, given: &[(&str, &str)]) -> Result<Plan, OptionsError> {
        let unknown = given.iter().find(|(name, _)| self.option(name).is_none());
        if let Some((name, _)) = unknown {
            return Err(OptionsError::NotAnOption {
                option: (*name).to_owned(),
                built_in: self.name,
                known: self.options.iter().map(|option| option.name).collect(),
            });
        }
        (self.plan)(&Choices::new(given))
    }

    /// Its option of this name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static BuiltInOption> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// The plans that need no file, in the order in which they are listed to people.
pub const BUILTINS: &[BuiltIn] =
    &[files::BUILTIN, read::BUILTIN, download::BUILTIN, timers::BUILTIN];
