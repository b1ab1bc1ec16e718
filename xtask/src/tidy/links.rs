//! Links in Markdown lead to files that exist.
//!
//! Left out on purpose: links to other sites, which fail for reasons that are not ours, and
//! anchors within a page.

use super::repository::Repository;
use super::violation::Violation;

/// Checks every link of every Markdown file that leads into the repository.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in repository.texts(&["md"]) {
        for (line, target) in local_links(text) {
            if !resolve(path, &target).is_some_and(|file| repository.exists(&file)) {
                violations.push(dead(path, line, &target));
            }
        }
    }
    violations
}

fn dead(path: &str, line: usize, target: &str) -> Violation {
    Violation {
        path: path.to_owned(),
        line,
        what: format!("the link to `{target}` leads nowhere"),
        why: "a reader who follows it is lost",
        remedy: "mend the path, or remove the link".into(),
    }
}

/// The links that name a file, outside code.
fn local_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !line.starts_with("    ") {
            let targets = targets(&without_code(line)).into_iter();
            links.extend(
                targets.filter(|target| is_local(target)).map(|target| (index + 1, target)),
            );
        }
    }
    links
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// What `[text](target)` and `[name]: target` on a line lead to.
fn targets(line: &str) -> Vec<String> {
    let first = |text: &str| text.split_whitespace().next().unwrap_or("").to_owned();
    let inline = line.split("](").skip(1).map(|rest| first(rest.split(')').next().unwrap_or(rest)));
    let named = line.starts_with('[').then(|| line.split_once("]: ")).flatten();
    inline.chain(named.map(|(_, rest)| first(rest))).collect()
}

fn is_local(target: &str) -> bool {
    !target.is_empty() && !target.starts_with('#') && !target.contains(':')
}

/// The path from the root of `target` as seen from the file at `from`; none above the root.
fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or(target);
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Repository;

    fn dead_links(text: &str) -> Vec<usize> {
        let files = [("docs/a.md", text), ("docs/b.md", ""), ("src/lib.rs", ""), ("c.md", "")];
        check(&Repository::of(&files)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn links_to_what_is_missing_are_found() {
        assert_eq!(dead_links("x\n[a](nowhere.md)\n"), [2]);
        assert_eq!(dead_links("[a](b.md) and [b](gone.md \"title\")\n"), [1]);
        assert_eq!(dead_links("[name]: ../gone.md\n"), [1]);
        assert_eq!(dead_links("[a](../../above.md)\n"), [1]);
    }

    #[test]
    fn links_that_lead_somewhere_and_code_pass() {
        let text = "[a](b.md#part) [b](../src) [c](../c.md) [d](#here) [e](https://example.org/x)\n\
                    `[f](gone.md)`\n```\n[g](gone.md)\n```\n";
        assert_eq!(dead_links(text), [0; 0]);
    }
}
