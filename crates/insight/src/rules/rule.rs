//! A rule: which facts must be how great for a thread to use a model.

use std::fmt;

use super::RuleSet;
use crate::facts::{Fact, OfThread, Seen, Subject, Unit};

/// A rule by which a thread or a program is classified.
#[derive(Debug)]
pub(crate) struct Rule<S: Subject = OfThread> {
    /// Its name, such as `epoll-loop`.
    pub(crate) id: &'static str,
    pub(crate) tier: Tier,
    /// What one is that matches.
    pub(crate) model: S::Class,
    /// All of these groups must hold, as a whole each.
    pub(crate) tests: &'static [&'static [Test<S>]],
    /// None of these groups may hold as a whole.
    pub(crate) unless: &'static [&'static [Test<S>]],
    /// What speaks for it: a sentence, escaped.
    pub(crate) evidence: for<'s, 'a> fn(&'s S::Facts<'a>) -> String,
}

/// On what a rule rests, the most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// The kernel says so.
    Kernel,
    /// Who created whom, who shares a listening socket, who lives with a connection.
    Lineage,
    /// The order and the kinds of its calls.
    Protocol,
    /// Where its time went.
    Time,
}

/// A fact and the bound that it must keep.
#[derive(Debug)]
pub(crate) struct Test<S: Subject = OfThread> {
    pub(crate) fact: &'static Fact<S>,
    pub(crate) bound: Bound,
}

/// What a fact must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// This or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
    /// A flag that holds.
    Yes,
    /// A flag that does not hold.
    No,
}

/// A rule that matches, and by how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match<S: Subject = OfThread> {
    pub(crate) rule: &'static Rule<S>,
    /// The least of how far its facts are beyond their bounds, 0 to 1.
    pub(crate) margin: f64,
}

impl<S: Subject> Match<S> {
    /// The rules that match, the deciding one first: the one of the highest tier and in it the one
    /// with the greatest margin. Equal ones keep their order.
    pub(crate) fn all(
        rules: impl Iterator<Item = &'static Rule<S>>,
        set: &RuleSet,
        facts: &S::Facts<'_>,
    ) -> Vec<Self> {
        let matching = rules.filter_map(|rule| {
            let margin = set.margin(rule, facts)?;
            Some(Self { rule, margin })
        });
        let mut matches: Vec<Self> = matching.collect();
        matches.sort_by(|one, other| {
            let tiers = one.rule.tier.cmp(&other.rule.tier);
            tiers.then(other.margin.total_cmp(&one.margin))
        });
        matches
    }
}

impl<S: Subject> Rule<S> {
    /// By how much the tests hold, 0 to 1; none if one does not. Exclusions do not count.
    pub(crate) fn margin_of_tests(&self, facts: &S::Facts<'_>) -> Option<f64> {
        let mut margins = self.every_test().map(|test| test.margin(facts));
        margins.try_fold(1.0, |least: f64, margin| Some(least.min(margin?)))
    }

    /// The tests of all groups that must hold.
    pub(crate) fn every_test(&self) -> impl Iterator<Item = &'static Test<S>> {
        self.tests.iter().flat_map(|group| group.iter())
    }

    /// The places in `unless` of the groups that hold as a whole.
    pub(crate) fn exclusions(&self, facts: &S::Facts<'_>) -> impl Iterator<Item = usize> {
        let groups = self.unless.iter().enumerate();
        let holds = |group: &[Test<S>]| group.iter().all(|test| test.margin(facts).is_some());
        groups.filter(move |(_, group)| holds(group)).map(|(place, _)| place)
    }
}

impl<S: Subject> Test<S> {
    /// How far the fact is beyond its bound, 0 to 1; none if it is not, or could not be observed.
    pub(crate) fn margin(&self, facts: &S::Facts<'_>) -> Option<f64> {
        let value = (self.fact.value)(facts).value()?;
        match self.bound {
            Bound::Yes => (value > 0.0).then_some(1.0),
            Bound::No => (value <= 0.0).then_some(1.0),
            Bound::AtLeast(bound) if value >= bound => Some(match self.fact.unit {
                // What is left of the whole; of a number without a limit, its own size.
                Unit::Share => (value - bound) / (1.0 - bound),
                _ if value.is_finite() && value > 0.0 => (value - bound) / value,
                _ => 1.0,
            }),
            Bound::Below(bound) if value < bound => Some((bound - value) / bound),
            Bound::AtLeast(_) | Bound::Below(_) => None,
        }
    }
}

impl<S: Subject> Test<S> {
    /// The fact's value.
    pub(crate) fn seen(&self, facts: &S::Facts<'_>) -> Seen {
        (self.fact.value)(facts)
    }
}

impl<S: Subject> fmt::Display for Test<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, shown) = (self.fact.name, |bound| self.fact.unit.shown(bound));
        match self.bound {
            Bound::AtLeast(bound) => write!(out, "{name} at least {}", shown(bound)),
            Bound::Below(bound) => write!(out, "{name} below {}", shown(bound)),
            Bound::Yes => out.write_str(name),
            Bound::No => write!(out, "not {name}"),
        }
    }
}

/// At least so much.
pub(crate) const fn at_least<S: Subject>(fact: &'static Fact<S>, bound: f64) -> Test<S> {
    Test { fact, bound: Bound::AtLeast(bound) }
}

/// Less than this.
pub(crate) const fn below<S: Subject>(fact: &'static Fact<S>, bound: f64) -> Test<S> {
    Test { fact, bound: Bound::Below(bound) }
}

/// A flag that holds.
pub(crate) const fn is<S: Subject>(fact: &'static Fact<S>) -> Test<S> {
    Test { fact, bound: Bound::Yes }
}

/// A flag that does not hold.
pub(crate) const fn is_not<S: Subject>(fact: &'static Fact<S>) -> Test<S> {
    Test { fact, bound: Bound::No }
}
