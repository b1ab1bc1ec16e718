//! Every crate of the workspace has the workspace's lints.
//!
//! Left out on purpose: which lints those are; the root manifest says so.

use super::repository::Repository;
use super::violation::Violation;

/// Checks every member's manifest for `[lints] workspace = true`.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let bare = repository.member_manifests().filter(|(_, text)| !inherits(text));
    bare.map(|(path, text)| Violation {
        path: path.to_owned(),
        line: text.lines().count().max(1),
        what: "the crate does not inherit the workspace's lints".into(),
        why: "one crate without them undoes what they promise",
        remedy: "add `[lints]` with `workspace = true`".into(),
    })
    .collect()
}

fn inherits(manifest: &str) -> bool {
    let table = manifest.parse::<toml::Table>().ok();
    let lints = table.as_ref().and_then(|table| table.get("lints")?.get("workspace")?.as_bool());
    lints == Some(true)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Repository;

    #[test]
    fn a_crate_with_lints_of_its_own_is_refused() {
        let files = [
            ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("crates/b/Cargo.toml", "[lints.rust]\nunsafe_code = \"forbid\"\n"),
            ("crates/c/Cargo.toml", "[package]\nname = \"c\"\n"),
        ];
        let violations = check(&Repository::of(&files));
        let paths: Vec<&str> = violations.iter().map(|violation| &*violation.path).collect();
        assert_eq!(paths, ["crates/b/Cargo.toml", "crates/c/Cargo.toml"]);
    }
}
