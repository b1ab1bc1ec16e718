//! Nothing unfinished stays behind: no silenced lints, no notes to oneself, no debugging aids.
//!
//! Left out on purpose: code that is commented out, which only a reader can tell from prose.

use super::repository::Repository;
use super::tokens::{Token, tokens};
use super::violation::Violation;

/// Macros that mean *not done yet*.
const UNFINISHED: &[&str] = &["dbg", "todo", "unimplemented"];

/// Notes to oneself. Written in halves, or this file would break its own rule.
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Files in which a note may stand.
const WITH_NOTES: &[&str] = &["rs", "md", "toml", "sh", "c", "h", "py", "js"];

/// Checks the code of Rust files, and all text for notes.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let code = repository.texts(&["rs"]).flat_map(|(path, text)| check_code(path, text));
    let notes = repository.texts(WITH_NOTES).flat_map(|(path, text)| check_notes(path, text));
    code.chain(notes).collect()
}

fn check_code(path: &str, text: &str) -> Vec<Violation> {
    let tokens = tokens(text);
    let mut violations = Vec::new();
    for (index, (line, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let next = tokens.get(index + 1).map(|(_, token)| token);
        let before = index.checked_sub(1).map(|index| &tokens[index].1);
        let macro_call = next == Some(&Token::Mark('!')) && UNFINISHED.contains(&&**word);
        let opens = before == Some(&Token::Mark('[')) || before == Some(&Token::Mark(','));
        let silenced = word == "allow" && opens && next == Some(&Token::Mark('('));
        if macro_call {
            violations.push(unfinished(path, *line, word));
        } else if silenced {
            violations.push(silenced_lint(path, *line));
        }
    }
    violations
}

fn check_notes(path: &str, text: &str) -> Vec<Violation> {
    let noted = |line: &str| NOTES.iter().find(|note| has_bare_word(line, note)).copied();
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(index, line)| Some((index + 1, noted(line)?)));
    found
        .map(|(line, note)| Violation {
            path: path.to_owned(),
            line,
            what: format!("`{note}` without an issue"),
            why: "a note that nobody is asked to act on is never acted on",
            remedy: format!("do it, or open an issue and write `{note}(#number)`"),
        })
        .collect()
}

/// Whether `word` stands in `line` as a word, without `(#number)` after it.
fn has_bare_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let part = |character: char| character.is_alphanumeric() || character == '_';
        let rest = &line[start + word.len()..];
        let whole = !line[..start].ends_with(part) && !rest.starts_with(part);
        let number = rest
            .strip_prefix("(#")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        whole && !number
    })
}

fn unfinished(path: &str, line: usize, name: &str) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: format!("`{name}!` was left in"),
        why: "it means that something is not done",
        remedy: "finish it, or return a named error".into(),
    }
}

fn silenced_lint(path: &str, line: usize) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: "`allow` silences a lint".into(),
        why: "it stays after its reason is gone, and gives none",
        remedy: "write `expect(…, reason = \"…\")`, which fails once it is not needed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{NOTES, check};
    use crate::tidy::repository::Repository;

    fn lines(text: &str) -> Vec<usize> {
        check(&Repository::of(&[("a.rs", text)])).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn silenced_lints_are_found_in_every_form() {
        assert_eq!(lines("#[allow(dead_code)]\nfn f() {}\n"), [1]);
        assert_eq!(lines("//! x\n#![allow(dead_code)]\n"), [2]);
        assert_eq!(lines("#[cfg_attr(test, allow(dead_code))]\nfn f() {}\n"), [1]);
        assert_eq!(lines("#[expect(dead_code, reason = \"r\")]\nfn f() { x.allow(1); }\n"), [0; 0]);
    }

    #[test]
    fn unfinished_macros_are_found_outside_comments() {
        assert_eq!(lines("fn f() {\n    dbg!(1);\n    todo!()\n}\n"), [2, 3]);
        assert_eq!(lines("fn f() {\n    assert!(g(unimplemented!()));\n}\n"), [2]);
        assert_eq!(lines("// no todo!() here\nfn todo() {}\n"), [0; 0]);
    }

    #[test]
    fn a_note_needs_an_issue() {
        for note in NOTES {
            assert_eq!(lines(&format!("// {note}: later\n")), [1]);
            assert_eq!(lines(&format!("// {note}(later)\n")), [1]);
            assert_eq!(lines(&format!("// {note}(#12): later\n")), [0; 0]);
            assert_eq!(lines(&format!("// {note}S\n")), [0; 0]);
        }
    }
}
