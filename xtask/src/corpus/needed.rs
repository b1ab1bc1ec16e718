//! `cargo xtask corpus --needed`: which rules no record is judged worse without.
//!
//! The facts of a record are computed once; then it is judged without each rule and without each
//! exclusion that a rule has.

use std::collections::BTreeSet;

use whywait_insight::{Analysis, RecordFacts, RulePart, RuleSet, average, document};
use whywait_report::Diagnosis;

use super::judged::{in_parallel, read};
use super::judgement::Judgement;
use super::program::{Capture, Program};
use crate::Failed;

/// The rules and exclusions without which no record is judged worse, in the order of the tables.
///
/// # Errors
/// If a record cannot be read.
pub(super) fn not_needed(programs: &[Program]) -> Result<Vec<RulePart>, Failed> {
    let needed: BTreeSet<RulePart> =
        in_parallel(programs, needed_by)?.into_iter().flatten().collect();
    Ok(RuleSet::parts().filter(|part| !needed.contains(part)).collect())
}

/// What a program needs.
fn needed_by(program: &Program) -> Result<BTreeSet<RulePart>, Failed> {
    let mut needed = BTreeSet::new();
    for capture in &program.captures {
        add_needed(&mut needed, program, capture)?;
    }
    Ok(needed)
}

fn add_needed(
    needed: &mut BTreeSet<RulePart>,
    program: &Program,
    capture: &Capture,
) -> Result<(), Failed> {
    let record = read(capture)?;
    let record = average(&record);
    let facts = RecordFacts::of(&record);
    let truth = program.truth.in_mode(&capture.mode);
    let points = |said: &Diagnosis| Judgement::of(said, &truth, &capture.name).points();
    let rules = RuleSet::all();
    let all = Analysis::with(&record, &facts, &rules);
    let mut points_of_all = None;
    for part in RuleSet::parts().filter(|part| !needed.contains(part)).collect::<Vec<_>>() {
        let fewer = Analysis::with(&record, &facts, &rules.without(part));
        if !fewer.agrees_with(&all) {
            let of_all = *points_of_all.get_or_insert_with(|| points(&document(&all)));
            if points(&document(&fewer)) < of_all {
                needed.insert(part);
            }
        }
    }
    Ok(())
}
