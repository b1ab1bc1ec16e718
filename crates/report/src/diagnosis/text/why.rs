//! Why threads and the program are called what they are: `--why`.
//!
//! Of each thread the rules that match come first, then those that one test or an exclusion keeps
//! from matching. The others are a line, and so are threads beyond those that the report shows,
//! unless a single thread was asked for.

use std::collections::BTreeSet;

use super::naming::thread;
use super::threads::chosen;
use crate::layout::{Layout, LayoutColumn, Side};
use crate::page::{Page, Role};
use crate::paragraph::Paragraph;
use crate::quantity::{Count, Factor, Percent, Seconds, models, several};
use crate::{
    Diagnosis, Explained, FactUnit, Observed, RuleOutcome, Subject, TestComparison, TestOutcome,
    TriedRule, TriedTest, Why, escaped,
};

const TESTS: &[LayoutColumn] = &[
    LayoutColumn { head: "", rank: 0, side: Side::Left, least: Some(24) },
    LayoutColumn { head: "", rank: 0, side: Side::Right, least: None },
    LayoutColumn { head: "", rank: 0, side: Side::Left, least: None },
    LayoutColumn { head: "", rank: 0, side: Side::Left, least: None },
];

/// What leads the lines below a subject or a rule.
const INDENT: &str = "    ";

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    let Some(why) = &diagnosis.why else { return };
    page.blank();
    page.line(Role::Heading, "Why");
    let shown: BTreeSet<u32> = chosen(diagnosis).0.iter().map(|(_, entry)| entry.tid).collect();
    let is_single = why.explained.len() == 1;
    let is_shown = |one: &&Explained| match &one.subject {
        Subject::Thread { tid, .. } => is_single || shown.contains(tid),
        Subject::Shape => true,
    };
    for one in why.explained.iter().filter(is_shown) {
        explained(page, why, one, is_single);
    }
    if why.explained.is_empty() {
        page.text(Role::Warning, "No thread of that number was seen.");
    }
    let rest = why.explained.iter().filter(|one| !is_shown(one)).count();
    if rest > 0 {
        let rest = several(rest as u64, "more thread");
        let text = format!("… and {rest}: `--why=TID` explains one, `--format json` has all.");
        page.text(Role::Quiet, &text);
    }
}

fn explained(page: &mut Page, why: &Why, one: &Explained, is_single: bool) {
    let who = match &one.subject {
        Subject::Thread { tid, name, .. } => format!("thread {}", thread(*tid, name)),
        Subject::Shape => "shape".to_owned(),
    };
    below(page, Role::Heading, "", &format!("{who}: {}", escaped(&one.called)));
    for text in summary(one) {
        below(page, Role::Quiet, INDENT, &text);
    }
    let (shown, folded): (Vec<_>, Vec<_>) =
        one.rules.iter().partition(|rule| is_single || is_near(rule));
    rules(page, why, &shown);
    if !folded.is_empty() {
        let names: Vec<_> = folded.iter().map(|rule| escaped(&rule.rule)).collect();
        let number = several(folded.len() as u64, "more rule");
        let text = format!("{number} did not match: {}.", names.join(", "));
        below(page, Role::Quiet, "  … ", &text);
    }
    if is_single && !one.facts.is_empty() {
        facts(page, why, one);
    }
}

/// Who decided, and on what evidence.
fn summary(one: &Explained) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(rule) = &one.decided_by {
        let confidence = one.confidence.map(|sure| format!(", {} sure", Percent(sure)));
        texts.push(format!("Decided by {}{}.", escaped(rule), confidence.unwrap_or_default()));
    } else if !one.rules.is_empty() {
        texts.push("No rule matches.".to_owned());
    }
    if let Some(rule) = &one.runner_up {
        let says = one.rules.iter().find(|tried| tried.rule == *rule);
        let says = says.map_or("something else", |tried| &tried.says);
        texts.push(format!("Runner-up: {}, which says {}.", escaped(rule), escaped(says)));
    }
    if !one.models.is_empty() {
        let counts = one.models.iter().map(|(model, count)| format!("{count} {}", escaped(model)));
        texts.push(format!("By the models of its threads: {}.", models(counts)));
    }
    texts.extend(one.remarks.iter().map(|remark| escaped(remark).into_owned()));
    texts
}

/// Whether a rule matches, or one thing keeps it from matching.
fn is_near(rule: &TriedRule) -> bool {
    let missed = rule.tests.iter().filter(|test| test.outcome != TestOutcome::Held).count();
    missed <= 1
}

/// Each rule and its tests, whose columns are even over all rules.
fn rules(page: &mut Page, why: &Why, rules: &[&TriedRule]) {
    let tests = |rule: &TriedRule| rule.tests.len() + rule.excluded_by.len();
    let cells = rules.iter().flat_map(|rule| rule.tests.iter().chain(&rule.excluded_by));
    let cells: Vec<_> = cells.map(|test| test_cells(why, test)).collect();
    let layout = Layout::new(TESTS, &cells, page.columns());
    let mut lines = layout.rows();
    for rule in rules {
        let (mark, role) = match rule.outcome {
            RuleOutcome::Matched => ("  + ", Role::Good),
            RuleOutcome::Excluded | RuleOutcome::Failed => ("  - ", Role::Plain),
        };
        below(page, role, mark, &title(rule));
        for (place, line) in lines.by_ref().take(tests(rule)).enumerate() {
            if place == rule.tests.len() {
                page.line(Role::Quiet, "    unless");
            }
            page.line(Role::Plain, line);
        }
    }
}

fn title(rule: &TriedRule) -> String {
    let outcome = match rule.outcome {
        RuleOutcome::Matched => "matched",
        RuleOutcome::Excluded => "excluded",
        RuleOutcome::Failed => "did not match",
    };
    let margin = rule.margin.map(|margin| format!(", margin {margin:.2}")).unwrap_or_default();
    let measured = match rule.programs {
        0 => String::new(),
        1 => format!(", right for {} of 1 program", rule.right),
        programs => format!(", right for {} of {programs} programs", rule.right),
    };
    let (name, says) = (escaped(&rule.rule), escaped(&rule.says));
    format!("{name} {outcome}: {says} ({}{margin}{measured})", rule.tier.name())
}

fn test_cells(why: &Why, test: &TriedTest) -> Vec<String> {
    let number = |value| shown(value, unit_of(why, &test.fact));
    let value = match test.outcome {
        TestOutcome::Unseen => String::new(),
        TestOutcome::Held | TestOutcome::Failed => number(test.value),
    };
    let must_be = match test.must_be {
        TestComparison::AtLeast => format!("at least {}", number(test.bound)),
        TestComparison::Below => format!("below {}", number(test.bound)),
        TestComparison::Yes => "yes".to_owned(),
        TestComparison::No => "no".to_owned(),
    };
    let outcome = match test.outcome {
        TestOutcome::Held => "held",
        TestOutcome::Failed => "FAILED",
        TestOutcome::Unseen => "UNSEEN",
    };
    vec![format!("      {}", escaped(&test.fact)), value, must_be, outcome.to_owned()]
}

/// Every fact, whatever rules make of it.
fn facts(page: &mut Page, why: &Why, one: &Explained) {
    page.line(Role::Plain, "  facts");
    let cells = one.facts.iter().map(|fact| {
        let (value, observed) = match fact.observed {
            Observed::Exact => (shown(fact.value, unit_of(why, &fact.fact)), "exact"),
            Observed::Sampled => (shown(fact.value, unit_of(why, &fact.fact)), "sampled"),
            Observed::Unseen => (String::new(), "unseen"),
        };
        vec![format!("      {}", escaped(&fact.fact)), value, observed.to_owned()]
    });
    let layout = Layout::new(&TESTS[..3], &cells.collect::<Vec<_>>(), page.columns());
    layout.rows().for_each(|line| page.line(Role::Plain, line));
}

/// What the number of a fact counts; a bare number of a fact without a definition.
fn unit_of(why: &Why, fact: &str) -> FactUnit {
    let definition = why.definitions.iter().find(|definition| definition.fact == fact);
    definition.map_or(FactUnit::Count, |definition| definition.unit)
}

/// A number with its unit; one that is not there has no limit.
fn shown(value: Option<f64>, unit: FactUnit) -> String {
    let Some(value) = value else { return "no limit".to_owned() };
    match unit {
        FactUnit::Count => Count(value).to_string(),
        FactUnit::Seconds => Seconds(value).to_string(),
        // Rounded down, so that a share below its bound is not shown as the bound.
        FactUnit::Share => format!("{:.1} %", (value * 1e3 + 1e-6).floor() / 10.0),
        FactUnit::Ratio => Factor(value).to_string(),
        FactUnit::Flag => if value > 0.0 { "yes" } else { "no" }.to_owned(),
    }
}

fn below(page: &mut Page, role: Role, first: &str, text: &str) {
    page.paragraph(role, &Paragraph { first, rest: INDENT, text });
}
