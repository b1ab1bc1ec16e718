//! Files are named after what they hold, never after the fact that others use them.
//!
//! Left out on purpose: names of types and functions, which a reader judges.

use super::repository::Repository;
use super::violation::Violation;

/// Names that say nothing. `helpers` is a word of the driver's: helper threads.
const EMPTY: &[&str] = &["util", "utils", "common", "manager", "helper", "helpers", "misc"];

/// Where an empty name has a meaning.
const MEANT: &[&str] = &["crates/driver/src/helpers.rs", "crates/driver/src/helpers/"];

/// Checks every part of every path.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let meant = |path: &&str| !MEANT.iter().any(|place| path.starts_with(place));
    repository.paths().filter(meant).filter_map(check_path).collect()
}

fn check_path(path: &str) -> Option<Violation> {
    let mut names = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let name = names.find(|name| EMPTY.contains(name))?;
    Some(Violation {
        path: path.to_owned(),
        line: 1,
        what: format!("`{name}` says nothing about what is inside"),
        why: "such files collect whatever has no home",
        remedy: "name it after its main type, or move its parts to those".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Repository;

    #[test]
    fn empty_names_are_refused_in_files_and_directories() {
        let paths = [
            "crates/a/src/utils.rs",
            "crates/a/tests/common/mod.rs",
            "crates/driver/src/helpers.rs",
            "crates/lab/src/helpers.rs",
            "crates/lab/src/commonly.rs",
        ];
        let violations = check(&Repository::of(&paths.map(|path| (path, ""))));
        let found: Vec<&str> = violations.iter().map(|violation| &*violation.path).collect();
        assert_eq!(found, [paths[0], paths[1], paths[3]]);
    }
}
