//! `unsafe` stands only where the kernel's memory rules are met, each with its reason.
//!
//! Left out on purpose: whether the reason is right, which a reader must judge.

use super::repository::Repository;
use super::tokens::{Token, tokens};
use super::violation::Violation;

/// The files that may hold `unsafe`: a path, or a directory with `/` at its end. An entry that
/// no longer needs to be here must go.
const ALLOWED: &[&str] = &[
    // The kernel writes to memory that the driver owns; rings and their entries.
    "crates/driver/src/uring/",
    // Descriptors borrowed by number for one call, while their ops hold them.
    "crates/driver/src/readiness/poll.rs",
    "crates/driver/src/readiness/select.rs",
    // Descriptors that arrive as numbers in a worker process.
    "crates/runtime/src/workers/",
    // What the kernel wrote into maps, read as what the programs there declare.
    "crates/trace/src/bpf/",
    // What a child does between fork and exec, where next to nothing is safe.
    "crates/trace/src/launch/",
    // The hand-written io_uring contestants.
    "bench/src/echo/provided.rs",
    "bench/src/echo/raw_uring.rs",
    "bench/src/files/chains.rs",
];

/// Checks every Rust file, and the list itself.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut used = vec![false; ALLOWED.len()];
    for (path, text) in repository.texts(&["rs"]) {
        let lines = unsafe_lines(text);
        if lines.is_empty() {
            continue;
        }
        match ALLOWED.iter().position(|entry| covers(entry, path)) {
            Some(index) => used[index] = true,
            None => violations.extend(lines.iter().map(|line| misplaced(path, *line))),
        }
        let undocumented = lines.iter().filter(|line| !has_reason(text, **line));
        violations.extend(undocumented.map(|line| without_reason(path, *line)));
    }
    let stale = ALLOWED.iter().zip(used).filter(|(_, used)| !used);
    violations.extend(stale.map(|(entry, _)| stale_entry(entry)));
    violations
}

fn misplaced(path: &str, line: usize) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: "`unsafe` outside the files that may hold it".into(),
        why: "soundness is reviewed in few places",
        remedy: format!("use rustix or move it to one of {}", ALLOWED.join(", ")),
    }
}

fn without_reason(path: &str, line: usize) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: "`unsafe` without a reason".into(),
        why: "nobody can check a promise that is not written down",
        remedy: "say above it in `// SAFETY:` why it holds".into(),
    }
}

fn stale_entry(entry: &str) -> Violation {
    Violation {
        path: "xtask/src/tidy/unsafe_code.rs".into(),
        line: 1,
        what: format!("`{entry}` may hold `unsafe` and has none"),
        why: "a longer list than needed is a weaker rule",
        remedy: "remove the entry".into(),
    }
}

fn covers(entry: &str, path: &str) -> bool {
    if entry.ends_with('/') { path.starts_with(entry) } else { path == entry }
}

fn unsafe_lines(text: &str) -> Vec<usize> {
    let word = Token::Word("unsafe".into());
    tokens(text).into_iter().filter(|(_, token)| *token == word).map(|(line, _)| line).collect()
}

/// Whether the statement that holds `line` has a reason in it or in the comment above it.
fn has_reason(text: &str, line: usize) -> bool {
    let is_reason = |text: &str| text.contains("// SAFETY:") || text.contains("# Safety");
    let lines: Vec<&str> = text.lines().collect();
    if is_reason(lines[line - 1]) {
        return true;
    }
    let above = lines[..line - 1].iter().rev().map(|text| text.trim());
    above.take_while(|text| !ends_statement(text)).any(is_reason)
}

/// Whether a line of code ends what stands before it, so that a comment above is about that.
fn ends_statement(line: &str) -> bool {
    let comment = line.starts_with("//") || line.starts_with("#[");
    !comment && (line.is_empty() || line.ends_with([';', '{', '}', ',']))
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, check};
    use crate::tidy::repository::Repository;

    const PLACE: &str = "crates/driver/src/uring/ring.rs";

    /// What is said about `text` at `path`, without the complaints about unused entries.
    fn said(path: &str, text: &str) -> Vec<String> {
        let violations = check(&Repository::of(&[(path, text)]));
        let about = violations.iter().filter(|violation| violation.path == path);
        about.map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    #[test]
    fn outside_its_files_it_is_refused() {
        let text = "fn f() {\n    // SAFETY: so.\n    unsafe { g() }\n}\n";
        let found = said("crates/lab/src/lib.rs", text);
        assert_eq!(found, ["3: `unsafe` outside the files that may hold it"]);
        assert_eq!(said(PLACE, text), [""; 0]);
    }

    #[test]
    fn a_reason_must_be_about_this_statement() {
        let bare = "fn f() {\n    // SAFETY: so.\n    a();\n    unsafe { g() }\n}\n";
        assert_eq!(said(PLACE, bare), ["4: `unsafe` without a reason"]);
        let broken = "fn f() {\n    // SAFETY: so.\n    let x =\n        unsafe { g() };\n}\n";
        assert_eq!(said(PLACE, broken), [""; 0]);
    }

    #[test]
    fn comments_strings_and_lint_names_are_not_unsafe() {
        let text =
            "#![expect(unsafe_code, reason = \"r\")]\n// unsafe\nconst S: &str = \"unsafe\";\n";
        assert_eq!(said("crates/lab/src/lib.rs", text), [""; 0]);
    }

    #[test]
    fn an_entry_that_nobody_needs_is_named() {
        assert_eq!(check(&Repository::of(&[])).len(), ALLOWED.len());
    }
}
