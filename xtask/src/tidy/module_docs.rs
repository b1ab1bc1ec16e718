//! Every Rust file opens with `//!`, and every C file with a comment: what it is for and what it
//! leaves out.
//!
//! Left out on purpose: whether the text is any good.

use super::repository::Repository;
use super::violation::Violation;

/// Checks how every file of source begins.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let rust = repository.texts(&["rs"]).filter(|(_, text)| !text.starts_with("//! "));
    let c = repository.texts(&["c", "h"]).filter(|(_, text)| !opens_with_a_comment(text));
    rust.map(|(path, _)| violation(path, "`//!`"))
        .chain(c.map(|(path, _)| violation(path, "a comment besides its licence")))
        .collect()
}

fn violation(path: &str, opening: &str) -> Violation {
    Violation {
        path: path.to_owned(),
        line: 1,
        what: format!("the file does not open with {opening}"),
        why: "a reader must know what a file is for before reading it",
        remedy: "start with what it is for and what it leaves out on purpose".into(),
    }
}

/// Whether words stand in the comment at the beginning, apart from the line with the licence.
fn opens_with_a_comment(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.contains("SPDX-"));
    let comment = |line: &&str| ["//", "/*", "*"].iter().any(|start| line.starts_with(start));
    let has_words = |line: &str| line.contains(char::is_alphabetic);
    lines.by_ref().take_while(comment).any(has_words)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Repository;

    fn bare(files: &[(&str, &str)]) -> Vec<String> {
        check(&Repository::of(files)).into_iter().map(|violation| violation.path).collect()
    }

    #[test]
    fn tells_a_file_that_says_what_it_is_for() {
        let files = [("a.rs", "//! Why.\n"), ("b.rs", "use x;\n"), ("c.rs", "// Why.\n")];
        assert_eq!(bare(&files), ["b.rs", "c.rs"]);
    }

    #[test]
    fn a_licence_alone_says_not_what_c_is_for() {
        let licence = "// SPDX-License-Identifier: MIT\n";
        let files = [
            ("a.c", format!("{licence}//\n// Why.\n\nint x;\n")),
            ("b.c", format!("{licence}#include \"a.h\"\n// Late.\n")),
            ("c.h", "#pragma once\n".to_owned()),
            ("d.h", format!("{licence}/*\n * Why.\n */\n")),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
        assert_eq!(bare(&files), ["b.c", "c.h"]);
    }
}
