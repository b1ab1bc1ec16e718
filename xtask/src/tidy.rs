//! `cargo xtask tidy`: the claims of `ARCHITECTURE.md` and `CONTRIBUTING.md`, checked.
//!
//! A rule is one file under `tidy/` and one line in [`RULES`]. Left out on purpose: what rustfmt,
//! rustc and clippy check already, and anything that needs the code to be built.

mod checked_by;
mod crate_table;
mod dependency_direction;
mod file_names;
mod function_length;
mod inherited_lints;
mod leftovers;
mod links;
mod machine_paths;
mod markdown_tables;
mod model_table;
mod module_docs;
mod repository;
mod tokens;
mod unsafe_code;
mod violation;

use std::path::Path;

use crate::Failed;
use repository::Repository;
use violation::Violation;

/// A rule reads the repository and says what breaks it.
type Rule = fn(&Repository) -> Vec<Violation>;

/// Every rule that is enforced.
const RULES: &[Rule] = &[
    checked_by::check,
    crate_table::check,
    dependency_direction::check,
    file_names::check,
    function_length::check,
    inherited_lints::check,
    leftovers::check,
    links::check,
    machine_paths::check,
    model_table::check,
    module_docs::check,
    unsafe_code::check,
];

/// Checks the repository under `root` and prints what breaks a rule, in order of place.
pub(crate) fn run(root: &Path, _arguments: &[String]) -> Result<(), Failed> {
    let repository = Repository::read(root)?;
    let mut violations: Vec<Violation> = RULES.iter().flat_map(|rule| rule(&repository)).collect();
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    if violations.is_empty() {
        println!("tidy: {} rules, {} files, no violation", RULES.len(), repository.len());
        Ok(())
    } else {
        Err(Failed::Untidy(violations.len()))
    }
}
