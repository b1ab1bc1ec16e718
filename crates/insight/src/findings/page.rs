//! That `docs/findings.md` says what this crate does.
//!
//! Left out on purpose: what the page says in prose.

use super::FINDINGS;
use crate::thresholds::{BOUNDS, SCALES};

const PAGE: &str = include_str!("../../../../docs/findings.md");

#[test]
fn every_finding_has_its_section() {
    let sections: Vec<_> = PAGE.lines().filter_map(|line| line.strip_prefix("## WW")).collect();
    let rows: Vec<_> = FINDINGS
        .iter()
        .map(|row| format!("{} {}", row.code.trim_start_matches("WW"), row.name))
        .collect();
    assert_eq!(sections, rows);
}

#[test]
fn every_section_has_its_parts() {
    for row in FINDINGS {
        let (_, section) = PAGE.split_once(&format!("## {} ", row.code)).expect("it is there");
        let section = section.split("\n## ").next().expect("a part");
        for part in ["**Means.**", "**Example.**", "**Printed.**", "**What to do.**"] {
            assert!(section.contains(part), "{} has no {part}", row.code);
        }
    }
}

#[test]
fn the_levels_are_those_of_the_code() {
    let or_never = |level: Option<_>| {
        level
            .map_or_else(|| "never".to_owned(), |level: crate::thresholds::Level| level.to_string())
    };
    for scale in SCALES {
        let row = format!(
            "| `{}` | {} | {} | {} | {} | {} |",
            scale.finding,
            scale.seconds_of,
            scale.share_of,
            scale.info,
            or_never(scale.warn),
            or_never(scale.high)
        );
        assert!(PAGE.lines().any(|line| line == row), "the page has no row\n{row}");
    }
}

#[test]
fn the_bounds_are_those_of_the_code() {
    for bound in BOUNDS {
        let row =
            format!("| `{}` | {} | {} | {} |", bound.finding, bound.name, bound, bound.meaning);
        assert!(PAGE.lines().any(|line| line == row), "the page has no row\n{row}");
    }
}

#[test]
fn the_page_has_no_rows_of_its_own() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, SCALES.len() + BOUNDS.len());
}
