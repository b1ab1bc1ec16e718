//! Crates depend on each other in one direction only.
//!
//! Left out on purpose: development dependencies, which never reach a user. A test may use any
//! crate but the command.

use super::repository::Repository;
use super::violation::Violation;

/// Each crate, with those that it may name in `[dependencies]`; what these may use in turn, it
/// may use too. This is the arrow diagram of `ARCHITECTURE.md`.
const DIRECTION: &[(&str, &[&str])] = &[
    ("whywait-driver", &[]),
    ("whywait-conformance", &["whywait-driver"]),
    ("whywait", &["whywait-driver"]),
    ("whywait-plan", &[]),
    ("whywait-report", &[]),
    ("whywait-lab", &["whywait", "whywait-plan", "whywait-report"]),
    ("whywait-record", &[]),
    ("whywait-trace", &["whywait-record"]),
    ("whywait-insight", &["whywait-record", "whywait-report"]),
    ("whywait-cli", &["whywait-lab", "whywait-insight", "whywait-trace", "whywait-conformance"]),
    ("xtask", &["whywait", "whywait-insight"]),
];

/// The sections of a manifest whose entries reach a user.
const SECTIONS: &[&str] = &["dependencies", "build-dependencies"];

const WHY: &str = "a crate must be understood without those that use it";

/// Checks every member's manifest against [`DIRECTION`].
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    repository.member_manifests().flat_map(|(path, text)| check_manifest(path, text)).collect()
}

fn check_manifest(path: &str, text: &str) -> Vec<Violation> {
    let violation = |line, what, remedy: &str| Violation {
        path: path.to_owned(),
        line,
        what,
        why: WHY,
        remedy: remedy.to_owned(),
    };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return vec![violation(1, "this is no TOML".into(), "mend the file")];
    };
    let package = name_of(&manifest);
    let Some((_, direct)) = DIRECTION.iter().find(|(name, _)| *name == package) else {
        let remedy = "add it to ARCHITECTURE.md and to xtask/src/tidy/dependency_direction.rs";
        return vec![violation(1, format!("crate `{package}` has no place in the order"), remedy)];
    };
    let allowed = reachable(direct);
    let ours = |name: &String| DIRECTION.iter().any(|(known, _)| known == name);
    dependencies(&manifest)
        .into_iter()
        .filter(|name| ours(name) && !allowed.contains(&name.as_str()))
        .map(|name| {
            let what = format!("`{package}` depends on `{name}`");
            violation(line_of(text, &name), what, "move the code to the lower of the two crates")
        })
        .collect()
}

/// The crates that `direct` leads to, itself included.
fn reachable(direct: &[&'static str]) -> Vec<&'static str> {
    let below = DIRECTION.iter().filter(|(name, _)| direct.contains(name));
    direct.iter().copied().chain(below.flat_map(|(_, next)| reachable(next))).collect()
}

fn name_of(manifest: &toml::Table) -> String {
    let name = manifest.get("package").and_then(|package| package.get("name"));
    name.and_then(toml::Value::as_str).unwrap_or("(without a name)").to_owned()
}

/// The packages of all sections that reach a user, those of `[target.…]` included.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let tables = targets.into_iter().flat_map(|all| all.values().filter_map(|t| t.as_table()));
    std::iter::once(manifest)
        .chain(tables)
        .flat_map(|table| SECTIONS.iter().filter_map(|section| table.get(*section)?.as_table()))
        .flat_map(|section| section.iter().map(|(key, value)| package_of(key, value)))
        .collect()
}

/// The package that a dependency names: `package = "…"` wins over the key.
fn package_of(key: &str, value: &toml::Value) -> String {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()
}

/// The line on which `name` is first named after the package's own name.
fn line_of(text: &str, name: &str) -> usize {
    let named =
        |line: &str| line.trim_start().starts_with(name) || line.contains(&format!("\"{name}\""));
    text.lines().position(named).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::{DIRECTION, check, reachable};
    use crate::tidy::repository::Repository;

    fn violations(manifest: &str) -> Vec<String> {
        let repository = Repository::of(&[("crates/x/Cargo.toml", manifest)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_arrow_against_the_direction_is_named_with_its_line() {
        let found = violations(
            "[package]\nname = \"whywait-driver\"\n[dependencies]\nwhywait.workspace = true\n",
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("crates/x/Cargo.toml:4: `whywait-driver` depends on `whywait`")
        );
    }

    #[test]
    fn a_renamed_and_a_target_dependency_are_seen() {
        let found = violations(
            "[package]\nname = \"whywait-plan\"\n[target.'cfg(unix)'.dependencies]\n\
             r = { package = \"whywait-report\", path = \"../report\" }\n",
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn an_unknown_crate_is_asked_to_take_its_place() {
        assert!(violations("[package]\nname = \"new\"\n")[0].contains("has no place"));
    }

    #[test]
    fn arrows_with_the_direction_and_development_dependencies_pass() {
        let found = violations(
            "[package]\nname = \"whywait-lab\"\n[dependencies]\nwhywait.workspace = true\n\
             whywait-driver.workspace = true\n[dev-dependencies]\nwhywait-conformance = \"1\"\n",
        );
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn no_crate_leads_to_itself() {
        for (name, direct) in DIRECTION {
            assert!(!reachable(direct).contains(name), "{name} leads to itself");
        }
    }
}
