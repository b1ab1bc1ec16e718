//! No path of a developer's machine stands in the repository.
//!
//! Left out on purpose: paths that every Linux machine has, such as `/proc` and `/tmp`.

use super::repository::Repository;
use super::violation::Violation;

/// How such paths begin. Written in halves, or this file would break its own rule.
const PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/tmp/tar", "get"),
];

/// Checks every line of every text file.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in repository.texts(&[]) {
        for (index, line) in text.lines().enumerate() {
            let found = PATHS.iter().find(|start| has_absolute(line, start));
            violations.extend(found.map(|start| violation(path, index + 1, start)));
        }
    }
    violations
}

fn violation(path: &str, line: usize, start: &str) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: format!("a path that begins with `{start}`"),
        why: "it exists on one machine only",
        remedy: "write it from the repository's root, or ask the system for it".into(),
    }
}

/// Whether `start` stands in `line` as the beginning of a path.
fn has_absolute(line: &str, start: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || "_-.)}*/".contains(character);
    line.match_indices(start).any(|(index, _)| !line[..index].ends_with(continues))
}

#[cfg(test)]
mod tests {
    use super::{PATHS, check};
    use crate::tidy::repository::Repository;

    #[test]
    fn every_kind_of_path_is_found() {
        for start in PATHS {
            let text = format!("first\nsee {start}me/x\n");
            let violations = check(&Repository::of(&[("notes.txt", &text)]));
            assert_eq!(violations.len(), 1, "{start}");
            assert_eq!(violations[0].line, 2);
        }
    }

    #[test]
    fn the_same_words_inside_other_paths_pass() {
        let text: String = PATHS.iter().map(|start| format!("out{start}x\n")).collect();
        assert!(check(&Repository::of(&[("a.txt", &text)])).is_empty());
    }
}
