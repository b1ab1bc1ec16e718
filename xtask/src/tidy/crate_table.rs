//! `ARCHITECTURE.md` lists every crate, and no crate that does not exist.
//!
//! Left out on purpose: what it says about each, which a reader judges.

use super::markdown_tables::MarkdownTable;
use super::repository::Repository;
use super::violation::Violation;

/// Where the table stands. Its first column is headed *crate* and names packages or directories.
const PAGE: &str = "ARCHITECTURE.md";

const WHY: &str = "the page is the map by which people find their way";

/// Checks the table against the manifests, both ways.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let violation = |line, what, remedy: &str| Violation {
        path: PAGE.to_owned(),
        line,
        what,
        why: WHY,
        remedy: remedy.to_owned(),
    };
    let tables = MarkdownTable::all(repository.text(PAGE).unwrap_or(""));
    let Some(table) = tables.into_iter().find(|table| table.of == "crate") else {
        let what = "no table whose first column is headed `crate`".to_owned();
        return vec![violation(1, what, "list every crate there")];
    };
    let members: Vec<[String; 3]> =
        repository.member_manifests().map(|(path, text)| names_of(path, text)).collect();
    let listed = |names: &[String; 3]| table.names.iter().any(|(_, name)| names.contains(name));
    let exists =
        |name: &String| members.iter().any(|names| names.contains(name)) || repository.exists(name);
    let missing = members.iter().filter(|names| !listed(names)).map(|[directory, ..]| {
        violation(table.line, format!("`{directory}` is not in the table"), "add a row for it")
    });
    let gone = table.names.iter().filter(|(_, name)| !exists(name)).map(|(line, name)| {
        violation(*line, format!("there is no crate `{name}`"), "remove the row or mend the name")
    });
    missing.chain(gone).collect()
}

/// The names by which a row may mean a crate: its directory, that without `crates/`, its package.
fn names_of(path: &str, manifest: &str) -> [String; 3] {
    let directory = path.trim_end_matches("/Cargo.toml");
    let short = directory.trim_start_matches("crates/");
    let table = manifest.parse::<toml::Table>().ok();
    let package = table.as_ref().and_then(|table| table.get("package")?.get("name")?.as_str());
    [directory.to_owned(), short.to_owned(), package.unwrap_or(short).to_owned()]
}

#[cfg(test)]
mod tests {
    use super::{PAGE, check};
    use crate::tidy::repository::Repository;

    fn said(page: &str) -> Vec<(usize, String)> {
        let files = [
            (PAGE, page),
            ("crates/driver/Cargo.toml", "[package]\nname = \"whywait-driver\"\n"),
            ("crates/runtime/Cargo.toml", "[package]\nname = \"whywait\"\n"),
            ("bench/Cargo.toml", "[package]\nname = \"whywait-bench\"\n"),
        ];
        let violations = check(&Repository::of(&files)).into_iter();
        violations.map(|violation| (violation.line, violation.what)).collect()
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_named() {
        let found = said("# x\n| crate | y |\n|---|---|\n| `driver` | |\n| `gone` | |\n");
        let expected = [
            (2, "`crates/runtime` is not in the table".to_owned()),
            (5, "there is no crate `gone`".to_owned()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_crate_may_be_named_by_directory_or_package() {
        let page =
            "| Crate | y |\n|---|---|\n| `crates/driver` | |\n| `whywait` | |\n| `bench` | |\n";
        assert_eq!(said(page), []);
    }

    #[test]
    fn a_page_without_the_table_is_a_violation() {
        assert_eq!(said("nothing").len(), 1);
    }
}
