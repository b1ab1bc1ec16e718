//! Why threads and the program are called what they are: every fact, and every rule that was tried.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use whywait_report::{
    Explained, FactDefinition, FactUnit, Observed, ObservedFact, RuleOutcome, RuleTier, Subject,
    TestComparison, TestOutcome, TriedRule, TriedTest, Why,
};

use super::groups_of;
use crate::facts::{self, FACTS, Fact, Seen, Unit};
use crate::rules::{Bound, Classification, Rule, Test, Tier, every_rule};
use crate::shapes::{PROGRAM_FACTS, ShapeClass, every_shape_rule};
use crate::{Analysis, RuleSet, ThreadAnalysis};

/// What is to be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explain {
    /// The shape, and of each group of alike threads the first.
    All,
    /// The thread of that number.
    Thread(u32),
    /// The shape.
    Shape,
}

pub(super) fn why(analysis: &Analysis<'_>, rules: &RuleSet, explain: Explain) -> Why {
    let of_threads = |tids: &[u32]| -> Vec<Explained> {
        let wanted = analysis.threads.iter().filter(|one| tids.contains(&one.thread.tid));
        wanted.map(|one| thread(one, rules)).collect()
    };
    let explained = match explain {
        Explain::Thread(tid) => of_threads(&[tid]),
        Explain::Shape => vec![shape(analysis, rules)],
        Explain::All => {
            let groups = groups_of(analysis);
            let groups = groups.iter().flat_map(|(_, groups)| groups);
            let firsts: Vec<u32> = groups.map(|group| group.first().thread.tid).collect();
            let mut all = vec![shape(analysis, rules)];
            all.extend(of_threads(&firsts));
            all
        }
    };
    let of_threads = FACTS.iter().map(|fact| definition(fact));
    let of_programs = PROGRAM_FACTS.iter().map(|fact| definition(fact));
    Why { definitions: of_threads.chain(of_programs).collect(), explained }
}

fn shape(analysis: &Analysis<'_>, rules: &RuleSet) -> Explained {
    let mut models: BTreeMap<String, u64> = BTreeMap::new();
    for one in &analysis.threads {
        let count = models.entry(one.model.name().to_owned()).or_default();
        *count = count.saturating_add(one.thread.merged_count.max(1));
    }
    let ShapeClass { class, facts } = &analysis.shape_class;
    Explained {
        subject: Subject::Shape,
        called: class.class.name().to_owned(),
        decided_by: class.rule().map(str::to_owned),
        runner_up: class.runner_up().map(|other| other.rule.id.to_owned()),
        confidence: class.rule().map(|_| class.confidence(rules)),
        remarks: class.remark(rules).into_iter().collect(),
        facts: PROGRAM_FACTS.iter().map(|fact| observed(fact, facts)).collect(),
        rules: all_tried(every_shape_rule(), facts, rules),
        models,
    }
}

fn thread(one: &ThreadAnalysis<'_>, rules: &RuleSet) -> Explained {
    let facts = &one.facts;
    let class = Classification::of(facts, rules);
    Explained {
        subject: Subject::Thread {
            pid: one.process.pid,
            tid: one.thread.tid,
            name: one.thread.name.clone(),
        },
        called: one.model.name().to_owned(),
        decided_by: one.rule.map(str::to_owned),
        runner_up: class.runner_up().map(|other| other.rule.id.to_owned()),
        confidence: Some(one.confidence),
        remarks: class.remark(rules).into_iter().chain(one.doubt()).collect(),
        facts: FACTS.iter().map(|fact| observed(fact, facts)).collect(),
        rules: all_tried(every_rule(), facts, rules),
        models: BTreeMap::new(),
    }
}

/// Every rule of a subject as it was tried.
fn all_tried<S: facts::Subject>(
    every: impl Iterator<Item = &'static Rule<S>>,
    facts: &S::Facts<'_>,
    rules: &RuleSet,
) -> Vec<TriedRule> {
    let mut tried: Vec<_> = every.map(|rule| tried_rule(rule, facts, rules)).collect();
    tried.sort_by(compare);
    tried
}

/// Those that match first, the deciding one before all; then those with the fewest tests that do
/// not hold.
fn compare(one: &TriedRule, other: &TriedRule) -> Ordering {
    let key = |rule: &TriedRule| {
        let misses = rule.tests.iter().filter(|test| test.outcome != TestOutcome::Held).count();
        let is_match = rule.outcome == RuleOutcome::Matched;
        (!is_match, if is_match { Some(rule.tier) } else { None }, misses)
    };
    let margin = |rule: &TriedRule| rule.margin.unwrap_or_default();
    key(one).cmp(&key(other)).then(margin(other).total_cmp(&margin(one)))
}

fn tried_rule<S: facts::Subject>(
    rule: &'static Rule<S>,
    facts: &S::Facts<'_>,
    rules: &RuleSet,
) -> TriedRule {
    let measured = rules.measured_of(rule.id);
    let margin = rule.margin_of_tests(facts);
    let excluded_by = margin.and_then(|_| rule.exclusions(facts).next());
    let excluded_by = excluded_by.map_or(&[][..], |place| rule.unless[place]);
    TriedRule {
        rule: rule.id.to_owned(),
        tier: match rule.tier {
            Tier::Kernel => RuleTier::Kernel,
            Tier::Lineage => RuleTier::Lineage,
            Tier::Protocol => RuleTier::Protocol,
            Tier::Time => RuleTier::Time,
        },
        says: S::name(rule.model).to_owned(),
        outcome: match (margin, excluded_by) {
            (None, _) => RuleOutcome::Failed,
            (Some(_), []) => RuleOutcome::Matched,
            (Some(_), _) => RuleOutcome::Excluded,
        },
        margin,
        programs: measured.programs,
        right: measured.right,
        tests: rule.every_test().map(|test| tried_test(test, facts)).collect(),
        excluded_by: excluded_by.iter().map(|test| tried_test(test, facts)).collect(),
    }
}

fn tried_test<S: facts::Subject>(test: &Test<S>, facts: &S::Facts<'_>) -> TriedTest {
    let seen = test.seen(facts);
    let (must_be, bound) = match test.bound {
        Bound::AtLeast(bound) => (TestComparison::AtLeast, Some(bound)),
        Bound::Below(bound) => (TestComparison::Below, Some(bound)),
        Bound::Yes => (TestComparison::Yes, None),
        Bound::No => (TestComparison::No, None),
    };
    TriedTest {
        fact: test.fact.name.to_owned(),
        value: number(seen, test.fact.unit),
        must_be,
        bound: bound.map(|bound| shown(bound, test.fact.unit)),
        outcome: match (seen, test.margin(facts)) {
            (Seen::Unseen, _) => TestOutcome::Unseen,
            (_, Some(_)) => TestOutcome::Held,
            (_, None) => TestOutcome::Failed,
        },
    }
}

fn definition<S: facts::Subject>(fact: &Fact<S>) -> FactDefinition {
    FactDefinition {
        fact: fact.name.to_owned(),
        definition: fact.definition.to_owned(),
        unit: match fact.unit {
            Unit::Count => FactUnit::Count,
            Unit::Time => FactUnit::Seconds,
            Unit::Share => FactUnit::Share,
            Unit::Ratio => FactUnit::Ratio,
            Unit::Flag => FactUnit::Flag,
        },
    }
}

fn observed<S: facts::Subject>(fact: &Fact<S>, facts: &S::Facts<'_>) -> ObservedFact {
    let seen = (fact.value)(facts);
    ObservedFact {
        fact: fact.name.to_owned(),
        value: number(seen, fact.unit),
        observed: match seen {
            Seen::Exact(_) => Observed::Exact,
            Seen::Sampled(_) => Observed::Sampled,
            Seen::Unseen => Observed::Unseen,
        },
    }
}

/// The number of a fact as the document has it; none where it is unseen or has no limit.
fn number(seen: Seen, unit: Unit) -> Option<f64> {
    seen.value().filter(|value| value.is_finite()).map(|value| shown(value, unit))
}

/// A number of that unit as the document has it: times are in seconds.
fn shown(value: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Time => value / 1e9,
        Unit::Count | Unit::Share | Unit::Ratio | Unit::Flag => value,
    }
}
