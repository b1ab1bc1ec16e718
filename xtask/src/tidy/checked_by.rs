//! What `ARCHITECTURE.md` names as the check of a claim exists: a rule, a test or a file.
//!
//! Left out on purpose: whether the check bears out the claim, which a reader judges.

use super::repository::Repository;
use super::violation::Violation;

/// Where the claims stand.
const PAGE: &str = "ARCHITECTURE.md";

/// What stands before the names.
const MARK: &str = "Checked by: ";

/// Where the rules stand, each in a file of its name.
const RULES: &str = "xtask/src/tidy";

/// Checks every name between backticks from a mark to the end of its paragraph.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let names = named_checks(repository.text(PAGE).unwrap_or(""));
    let gone = names.into_iter().filter(|(_, name)| !exists(repository, name));
    gone.map(|(line, name)| Violation {
        path: PAGE.to_owned(),
        line,
        what: format!("`{name}` is no rule, test or file"),
        why: "a claim that nothing checks is soon untrue",
        remedy: "name what checks it, or write the check".into(),
    })
    .collect()
}

fn named_checks(page: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        let rest = match line.split_once(MARK) {
            Some((_, rest)) => rest,
            None if inside && line.starts_with(' ') => line,
            None => "",
        };
        inside = !rest.is_empty();
        let quoted = rest.split('`').skip(1).step_by(2);
        names.extend(quoted.map(|name| (index + 1, name.to_owned())));
    }
    names
}

/// Whether `name` is a file, a rule's file, a function or, as in tables of checks, a string.
fn exists(repository: &Repository, name: &str) -> bool {
    let (function, string) = (format!("fn {name}("), format!("\"{name}\""));
    repository.exists(name)
        || repository.exists(&format!("{RULES}/{name}.rs"))
        || repository
            .texts(&["rs"])
            .any(|(_, text)| text.contains(&function) || text.contains(&string))
}

#[cfg(test)]
mod tests {
    use super::{PAGE, check};
    use crate::tidy::repository::Repository;

    fn said(page: &str) -> Vec<(usize, String)> {
        let files = [
            (PAGE, page),
            ("deny.toml", ""),
            ("xtask/src/tidy/links.rs", ""),
            ("crates/a/src/lib.rs", "fn a_test() {}\nconst CHECKS: &[&str] = &[\"in_a_table\"];\n"),
        ];
        let violations = check(&Repository::of(&files)).into_iter();
        violations.map(|violation| (violation.line, violation.what)).collect()
    }

    #[test]
    fn checks_that_exist_pass() {
        let page = "- x. Checked by: `a_test`, `links`,\n  `in_a_table`, `deny.toml`.\n- `other`\n";
        assert_eq!(said(page), []);
    }

    #[test]
    fn a_check_that_is_gone_is_named_with_its_line() {
        let expected = [(2, "`gone` is no rule, test or file".to_owned())];
        assert_eq!(said("- x. Checked by: `links`,\n  `gone`.\n"), expected);
    }
}
