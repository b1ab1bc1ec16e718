//! The table of what is right and wrong in the whole corpus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judged::Judged;
use super::judgement::{Judgement, Outcome};
use super::matrix::Matrix;

/// What stands above the tables.
const HEADING: &str = "\
# What is said of the corpus

`cargo xtask corpus --accept` writes this page; `cargo xtask corpus` fails if it is another one. How
to read it: [docs/corpus.md](../docs/corpus.md).

";

/// The page with all of it.
pub(super) fn page(all: &[Judged<'_>]) -> String {
    let mut page = HEADING.to_owned();
    page.push_str(&totals(all));
    let judgements = || all.iter().flat_map(|judged| &judged.judgements);
    let (mut shapes, mut models) = (Matrix::default(), Matrix::default());
    judgements().flat_map(|judgement| &judgement.shape).for_each(|call| shapes.add(call));
    judgements().flat_map(|judgement| &judgement.models).for_each(|call| models.add(call));
    for (title, what, matrix) in
        [("Shapes", "shape", shapes), ("Models of threads", "model", models)]
    {
        let (right, of) = matrix.right();
        let table = matrix.table(what);
        let _ = write!(page, "## {title}\n\n{right} of {of} are right.\n\n{table}\n");
    }
    page.push_str(&findings(judgements()));
    page.push_str(&flips(all));
    page.push_str(&without_records(all));
    page.push_str(&programs(all));
    page
}

/// A line for each source and mode.
fn totals(all: &[Judged<'_>]) -> String {
    let mut rows: BTreeMap<(&str, &str), (u64, u64, u64)> = BTreeMap::new();
    for judged in all {
        let source = judged.program.name.split('/').next().unwrap_or_default();
        let mut modes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (capture, judgement) in judged.program.captures.iter().zip(&judged.judgements) {
            let (records, right) = modes.entry(&capture.mode).or_default();
            *records += 1;
            *right += u64::from(judgement.is_right());
        }
        for (mode, (records, right)) in modes {
            let row = rows.entry((source, mode)).or_default();
            row.0 += records;
            row.1 += right;
            row.2 += u64::from(records == right);
        }
    }
    let mut table = String::from(
        "| source | mode | records | right | programs of which all are right |\n|---|---|---|---|---|\n",
    );
    for ((source, mode), (records, right, programs)) in rows {
        let _ = writeln!(table, "| {source} | {mode} | {records} | {right} | {programs} |");
    }
    table + "\n"
}

/// A line for each finding that is wanted or false.
fn findings<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let mut rows: BTreeMap<&str, ([u64; 5], u64)> = BTreeMap::new();
    for judgement in judgements {
        for wanted in &judgement.wanted {
            rows.entry(&wanted.name).or_default().0[wanted.outcome as usize] += 1;
        }
        for name in &judgement.false_findings {
            rows.entry(name).or_default().1 += 1;
        }
    }
    let mut table = String::from(
        "## Findings\n\n| finding | wanted | right | at another place or none | inexact | too mild | \
         missed | false |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut sums = ([0; 5], 0);
    let mut line = |name: &str, outcomes: &[u64; 5], false_ones: u64| {
        let of = |outcome: Outcome| outcomes[outcome as usize];
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} | {false_ones} |",
            outcomes.iter().sum::<u64>(),
            of(Outcome::Right),
            of(Outcome::Misplaced),
            of(Outcome::Inexact),
            of(Outcome::TooMild),
            of(Outcome::Missed),
        );
    };
    for (name, (outcomes, false_ones)) in &rows {
        line(name, outcomes, *false_ones);
        for (sum, outcome) in sums.0.iter_mut().zip(outcomes) {
            *sum += outcome;
        }
        sums.1 += false_ones;
    }
    line("all", &sums.0, sums.1);
    table + "\n"
}

/// The programs of whose records of one mode different things are said.
fn flips(all: &[Judged<'_>]) -> String {
    let (mut count, mut flips) = (0, String::new());
    for (judged, mode, said) in said(all) {
        count += usize::from(said.values().sum::<usize>() > 1);
        if said.len() > 1 {
            let said: Vec<_> =
                said.iter().map(|(said, count)| format!("{count} × {said}")).collect();
            let _ = writeln!(flips, "- {} {mode}: {}", judged.program.name, said.join(" / "));
        }
    }
    let number = flips.lines().count();
    format!(
        "## Flips\n\nOf {count} programs and modes that were watched more than once, {number} had \
         another shape or other findings the second time.\n\n{flips}\n"
    )
}

/// What is said of the records of each program and mode, and how often.
fn said<'a>(
    all: &'a [Judged<'a>],
) -> impl Iterator<Item = (&'a Judged<'a>, &'a str, BTreeMap<&'a str, usize>)> {
    all.iter().flat_map(|judged| {
        let mut modes: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (capture, judgement) in judged.program.captures.iter().zip(&judged.judgements) {
            *modes.entry(&capture.mode).or_default().entry(&judgement.said).or_default() += 1;
        }
        modes.into_iter().map(move |(mode, said)| (judged, mode, said))
    })
}

/// The programs of which there is the truth alone.
fn without_records(all: &[Judged<'_>]) -> String {
    let without = all.iter().filter(|judged| judged.judgements.is_empty());
    let names: Vec<_> = without.map(|judged| format!("- {}\n", judged.program.name)).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("## Programs without a record\n\n{}\n", names.concat())
}

/// A line for each record of which something wrong is said.
fn programs(all: &[Judged<'_>]) -> String {
    let mut page = String::from("## Records of which something wrong is said\n\n");
    for judged in all {
        for (capture, judgement) in judged.program.captures.iter().zip(&judged.judgements) {
            if !judgement.is_right() {
                let faults = judgement.faults.join("; ");
                let _ = writeln!(page, "- {} {}: {faults}", judged.program.name, capture.name);
            }
        }
    }
    page
}
