//! Every Rust file opens with `//!`: what it is for and what it leaves out.
//!
//! Left out on purpose: whether the text is any good.

use super::repository::Repository;
use super::violation::Violation;

/// Checks the first line of every Rust file.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let files = repository.texts(&["rs"]);
    let bare = files.filter(|(_, text)| !text.starts_with("//! "));
    bare.map(|(path, _)| Violation {
        path: path.to_owned(),
        line: 1,
        what: "the file does not open with `//!`".into(),
        why: "a reader must know what a file is for before reading it",
        remedy: "start with what it is for and what it leaves out on purpose".into(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Repository;

    #[test]
    fn tells_a_file_that_says_what_it_is_for() {
        let files = [("a.rs", "//! Why.\n"), ("b.rs", "use x;\n"), ("c.rs", "// Why.\n")];
        let violations = check(&Repository::of(&files));
        let paths: Vec<&str> = violations.iter().map(|violation| &*violation.path).collect();
        assert_eq!(paths, ["b.rs", "c.rs"]);
    }
}
