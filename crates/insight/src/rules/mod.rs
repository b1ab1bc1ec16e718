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

use whywait_report::ThreadModel;

use crate::facts::ThreadFacts;

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

/// What a thread was classified as.
#[derive(Clone, Debug)]
pub(crate) struct Classification {
    /// Which model it uses.
    pub(crate) model: ThreadModel,
    /// The rules that match, the deciding one first; none if none does.
    pub(crate) matches: Vec<Match>,
}

impl Classification {
    /// By the rules of a set.
    pub(crate) fn of(facts: &ThreadFacts<'_>, rules: &RuleSet) -> Self {
        let matches = Match::all(every_rule(), rules, facts);
        let model = matches.first().map_or(ThreadModel::Unknown, |first| first.rule.model);
        Self { model, matches }
    }

    /// What speaks for it: a sentence, escaped.
    pub(crate) fn evidence(&self, facts: &ThreadFacts<'_>) -> String {
        match self.matches.first() {
            Some(first) => (first.rule.evidence)(facts),
            None => "Too little was observed to classify.".to_owned(),
        }
    }
}
