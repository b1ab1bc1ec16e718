//! How often each rule is right: a table that insight is built with.
//!
//! A program counts for a rule if the rule decided its shape, or a thread with a truth, in any of
//! its records, and as right only if it was right each time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use whywait_insight::{Analysis, Measured, ThreadAnalysis};

use super::judged::Judged;
use super::judgement::is_member;
use super::truth::Truth;

/// Where the table is.
pub(super) const PRECISION: &str = "crates/insight/src/rules/precision.rs";

/// Whether each rule that decided a thread with a truth was right each time, by id.
pub(super) type Decisions = BTreeMap<&'static str, bool>;

/// Adds what the rules decided in a record; `truth` is what is true in its mode.
///
/// Where a truth wants at least a number of threads and that many are right, it says nothing of the
/// others.
pub(super) fn add_decisions(decisions: &mut Decisions, analysis: &Analysis<'_>, truth: &Truth) {
    if let Some(rule) = analysis.shape_rule()
        && !truth.shapes.is_empty()
    {
        let is_right = truth.shapes.iter().any(|shape| shape == analysis.shape.name());
        *decisions.entry(rule).or_insert(true) &= is_right;
    }
    let root = analysis.record.root_pid;
    for threads in &truth.threads {
        let is_right =
            |one: &ThreadAnalysis<'_>| threads.models.iter().any(|model| model == one.model.name());
        let members = analysis.threads.iter().filter(|one| {
            let process = (one.process.pid, &*one.process.command.arguments);
            is_member(threads, root, process, (one.thread.tid, &one.thread.name))
        });
        let members: Vec<_> = members.collect();
        let right = members.iter().filter(|one| is_right(one));
        let right: u64 = right.map(|one| one.thread.merged_count.max(1)).sum();
        let is_met = threads.at_least.is_some_and(|least| right >= least);
        for one in members {
            if let Some(rule) = one.rule
                && (is_right(one) || !is_met)
            {
                *decisions.entry(rule).or_insert(true) &= is_right(one);
            }
        }
    }
}

/// How often each rule was right, by id.
pub(super) fn measured(all: &[Judged<'_>]) -> Vec<Measured> {
    let mut measured: BTreeMap<&'static str, Measured> = BTreeMap::new();
    for (rule, is_right) in all.iter().flat_map(|judged| &judged.decisions) {
        let none = Measured { rule, programs: 0, right: 0 };
        let of_rule = measured.entry(rule).or_insert(none);
        of_rule.programs += 1;
        of_rule.right += u32::from(*is_right);
    }
    measured.into_values().collect()
}

/// The source of the table.
pub(super) fn source(measured: &[Measured]) -> String {
    let mut source = String::from(
        "//! How often each rule was right on the corpus: `cargo xtask corpus --accept` writes this \
         file.\n\nuse super::Measured;\n\n/// Of each rule that decided a thread with a truth, by \
         id.\npub(super) const MEASURED: &[Measured] = &[\n",
    );
    for Measured { rule, programs, right } in measured {
        let _ = writeln!(
            source,
            "    Measured {{ rule: {rule:?}, programs: {programs}, right: {right} }},"
        );
    }
    source + "];\n"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use whywait_insight::{Analysis, RuleSet};
    use whywait_record::file;

    use super::{Decisions, PRECISION, add_decisions, source};
    use crate::corpus::truth::{Group, ThreadTruth, Truth};

    /// The committed file is as this module writes it, whatever its numbers are.
    #[test]
    fn the_committed_table_is_formatted_as_it_is_written() {
        let committed = fs::read_to_string(crate::root().join(PRECISION)).expect("committed");
        assert_eq!(committed, source(RuleSet::all().measured()));
    }

    #[test]
    fn a_rule_is_right_only_if_it_is_right_each_time() {
        let path = crate::root().join("corpus/fixtures/epoll_loop.c/full.1.wwr");
        let record = file::read(fs::File::open(path).expect("committed")).expect("a record");
        let analysis = Analysis::of(&record);
        let truth = |model: &str, at_least| Truth {
            threads: vec![ThreadTruth {
                named: None,
                group: Some(Group::Main),
                models: vec![model.to_owned()],
                at_least,
                modes: Vec::new(),
            }],
            ..Truth::default()
        };
        let mut decisions = Decisions::new();
        add_decisions(&mut decisions, &analysis, &truth("cpu", Some(0)));
        assert_eq!(decisions, Decisions::new(), "the truth says nothing of other threads");
        add_decisions(&mut decisions, &analysis, &truth("event-loop", None));
        assert_eq!(decisions.values().collect::<Vec<_>>(), [&true]);
        add_decisions(&mut decisions, &analysis, &truth("cpu", None));
        add_decisions(&mut decisions, &analysis, &truth("event-loop", None));
        assert_eq!(decisions.values().collect::<Vec<_>>(), [&false]);
    }
}
