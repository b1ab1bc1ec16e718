//! `cargo xtask corpus --needed`: which rules no record is judged worse without.
//!
//! The facts of every record are computed once. Then rules and exclusions are left out, one after
//! another: what nothing needs stays out while the next one is tried, so that of two that stand in
//! for each other one is kept.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::available_parallelism;

use whywait_insight::{Analysis, RecordFacts, RulePart, RuleSet, average, document};
use whywait_record::Record;
use whywait_report::Diagnosis;

use super::judged::{in_parallel, read};
use super::judgement::Judgement;
use super::program::Program;
use super::truth::Truth;
use crate::Failed;

/// The rules and exclusions without all of which no record is judged worse.
///
/// Whole rules are tried first, those that decided for the fewest programs before others.
///
/// # Errors
/// If a record cannot be read.
pub(super) fn not_needed(programs: &[Program]) -> Result<Vec<RulePart>, Failed> {
    let loaded: Vec<Loaded> =
        in_parallel(programs, Loaded::of_program)?.into_iter().flatten().collect();
    let rules = RuleSet::all();
    let cases: Vec<Case<'_>> = loaded.iter().map(|one| Case::of(one, &rules)).collect();
    let mut left = rules.clone();
    let mut not_needed = Vec::new();
    for part in candidates(&rules) {
        let of_a_rule_that_is_out = not_needed
            .iter()
            .any(|out: &RulePart| out.rule == part.rule && out.exclusion.is_none());
        if of_a_rule_that_is_out {
            continue;
        }
        let fewer = left.without(part);
        if !is_any(&cases, |case| case.is_worse_by(&fewer)) {
            left = fewer;
            not_needed.push(part);
        }
    }
    Ok(not_needed)
}

fn candidates(rules: &RuleSet) -> Vec<RulePart> {
    let programs = |part: &RulePart| {
        let measured = rules.measured().iter().find(|one| one.rule == part.rule);
        measured.map_or(0, |one| one.programs)
    };
    let mut parts: Vec<RulePart> = RuleSet::parts().collect();
    parts.sort_by_key(|part| (part.exclusion.is_some(), programs(part)));
    parts
}

/// A record, and what is true of it.
#[derive(Debug)]
struct Loaded {
    record: Record,
    truth: Truth,
    name: String,
}

impl Loaded {
    fn of_program(program: &Program) -> Result<Vec<Self>, Failed> {
        let load = |capture: &super::program::Capture| {
            let record = average(&read(capture)?).into_owned();
            let truth = program.truth.in_mode(&capture.mode);
            Ok(Self { record, truth, name: capture.name.clone() })
        };
        program.captures.iter().map(load).collect()
    }

    fn points(&self, said: &Diagnosis) -> i64 {
        Judgement::of(said, &self.truth, &self.name).points()
    }
}

/// A record with its facts, and what all rules make of it.
#[derive(Debug)]
struct Case<'a> {
    loaded: &'a Loaded,
    facts: RecordFacts<'a>,
    by_all: Analysis<'a>,
    points: i64,
}

impl<'a> Case<'a> {
    fn of(loaded: &'a Loaded, rules: &RuleSet) -> Self {
        let facts = RecordFacts::of(&loaded.record);
        let by_all = Analysis::with(&loaded.record, &facts, rules);
        let points = loaded.points(&document(&by_all));
        Self { loaded, facts, by_all, points }
    }

    /// Whether the record is judged worse by those rules than by all.
    fn is_worse_by(&self, rules: &RuleSet) -> bool {
        let fewer = Analysis::with(&self.loaded.record, &self.facts, rules);
        !fewer.agrees_with(&self.by_all) && self.loaded.points(&document(&fewer)) < self.points
    }
}

/// Whether something holds of any of them.
fn is_any<T: Sync>(all: &[T], holds: impl Fn(&T) -> bool + Sync) -> bool {
    let (next, found) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if found.load(Ordering::Relaxed) {
                return;
            }
            if holds(one) {
                found.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    found.into_inner()
}
