//! Which I/O model a thread uses: rules in four tiers, a file for each model.
//!
//! A rule tests facts against bounds. The matching rule of the highest tier decides, and within a
//! tier the one with the greatest margin: what the kernel says is certain, who created whom comes
//! before the order of a thread's calls, and where its time went comes last, so that a loop under
//! full load is still a loop.
//!
//! How certain that is, is measured: see [`Measured`].
//!
//! How the program as a whole is built is in [`shapes`](crate::shapes).

mod acceptor;
mod aio_loop;
mod blocking;
mod certainty;
mod connection;
mod cpu;
mod event_loop;
mod idle;
mod pool_worker;
mod precision;
mod rule;
mod set;
mod spinner;
mod uring_loop;
mod waits_for_children;
mod waits_on_helper;

pub(crate) use certainty::Doubt;
pub use certainty::Measured;
pub(crate) use event_loop::LEAST_ITERATIONS;
pub(crate) use rule::{Bound, Match, Rule, Test, Tier, at_least, below, is, is_not};
pub(crate) use set::every_rule;
pub use set::{RulePart, RuleSet};

use crate::facts::{OfThread, Subject, ThreadFacts};

/// The rules of every model.
pub(crate) const RULES: &[&[Rule]] = &[
    acceptor::RULES,
    aio_loop::RULES,
    blocking::RULES,
    connection::RULES,
    cpu::RULES,
    event_loop::RULES,
    idle::RULES,
    pool_worker::RULES,
    spinner::RULES,
    uring_loop::RULES,
    waits_for_children::RULES,
    waits_on_helper::RULES,
];

/// What a thread or a program was classified as.
#[derive(Clone, Debug)]
pub(crate) struct Classification<S: Subject = OfThread> {
    /// What it is: the model of a thread, the shape of a program.
    pub(crate) class: S::Class,
    /// The rules that match, the deciding one first; none if none does.
    pub(crate) matches: Vec<Match<S>>,
}

impl Classification {
    /// Of a thread, by the rules of a set.
    pub(crate) fn of(facts: &ThreadFacts<'_>, set: &RuleSet) -> Self {
        Self::by(every_rule(), set, facts)
    }
}

impl<S: Subject> Classification<S> {
    /// By those rules that are in a set.
    pub(crate) fn by(
        rules: impl Iterator<Item = &'static Rule<S>>,
        set: &RuleSet,
        facts: &S::Facts<'_>,
    ) -> Self {
        let matches = Match::all(rules, set, facts);
        let class = matches.first().map_or(S::UNKNOWN, |first| first.rule.model);
        Self { class, matches }
    }

    /// The rule that decided; none if none matches.
    pub(crate) fn rule(&self) -> Option<&'static str> {
        self.matches.first().map(|first| first.rule.id)
    }

    /// What speaks for it: a sentence, escaped.
    pub(crate) fn evidence(&self, facts: &S::Facts<'_>) -> String {
        match self.matches.first() {
            Some(first) => (first.rule.evidence)(facts),
            None => "Too little was observed to classify.".to_owned(),
        }
    }
}
