//! `docs/findings.md`, generated from [`FINDINGS`] and the general prose in `page.md`.
//!
//! `UPDATE_DOCS=1 cargo test -p whywait-insight` writes the page; without it a test compares.

use std::fmt::Write;
use std::fs;

use super::{Docs, FINDINGS, FindingRow};
use crate::thresholds::{Bound, LOST_CALLS, Level, Scale};

/// The page without what the rows say: `{sections}`, `{levels}` and `{bounds}` stand for that.
const PROSE: &str = include_str!("page.md");

fn page() -> String {
    PROSE
        .replace("{sections}", sections().trim_end())
        .replace("{levels}", levels().trim_end())
        .replace("{bounds}", bounds().trim_end())
}

fn sections() -> String {
    FINDINGS.iter().map(section).collect()
}

fn section(row: &FindingRow) -> String {
    let FindingRow { code, name, docs, .. } = row;
    let Docs { means, example, printed, what_to_do } = docs;
    format!(
        "## {code} {name}\n\n**Means.** {means}\n\n**Example.**\n\n{example}\n\n\
         **Printed.** {printed}\n\n**What to do.** {what_to_do}\n\n"
    )
}

fn levels() -> String {
    let mut rows = String::new();
    for row in FINDINGS {
        for Scale { part, seconds_of, share_of, info, warn, high } in row.scales {
            let part = part.map_or_else(String::new, |part| format!(" ({part})"));
            let (name, warn, high) = (row.name, or_never(*warn), or_never(*high));
            let _ = writeln!(
                rows,
                "| `{name}{part}` | {seconds_of} | {share_of} | {info} | {warn} | {high} |"
            );
        }
    }
    rows
}

fn or_never(level: Option<Level>) -> String {
    level.map_or_else(|| "never".to_owned(), |level| level.to_string())
}

fn bounds() -> String {
    let of_findings =
        FINDINGS.iter().flat_map(|row| row.bounds.iter().map(|bound| (code(row.name), bound)));
    let general = std::iter::once(("all that rest on calls".to_owned(), &LOST_CALLS));
    of_findings
        .chain(general)
        .map(|(finding, bound)| {
            let Bound { name, meaning, .. } = bound;
            format!("| {finding} | {name} | {bound} | {meaning} |\n")
        })
        .collect()
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

#[test]
fn the_page_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/findings.md");
    let expected = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &expected).expect("the page can be written");
    }
    let found = fs::read_to_string(path).expect("the page is there");
    assert!(
        found == expected,
        "docs/findings.md is not what the findings say: run UPDATE_DOCS=1 cargo test -p \
         whywait-insight"
    );
}

#[test]
fn no_section_is_empty_or_too_wide() {
    for row in FINDINGS {
        let Docs { means, example, printed, what_to_do } = &row.docs;
        assert!(example.contains("```"), "the example of {} is code", row.code);
        for part in [means, example, printed, what_to_do] {
            assert!(!part.is_empty(), "{} lacks a part", row.code);
            let wide = part.lines().find(|line| line.chars().count() > 100);
            assert_eq!(wide, None, "{}", row.code);
        }
    }
}

#[test]
fn what_is_printed_is_written_as_quoted_text() {
    for row in FINDINGS {
        assert!(row.docs.printed.starts_with('"'), "{}", row.code);
    }
}
