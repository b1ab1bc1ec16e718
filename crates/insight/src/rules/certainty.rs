//! How certain a classification is: by the precision of the deciding rule, and by its runner-up.

use super::rule::{Match, Tier};
use super::{Classification, RuleSet};
use crate::facts::Subject;

/// Below this many programs, a precision is little evidence, for or against.
pub(crate) const LITTLE_EVIDENCE: u32 = 5;

/// Below this precision a classification is uncertain.
const LEAST_PRECISION: f64 = 0.5;

/// A runner-up whose margin is less than this below that of the deciding rule matches about as
/// well.
const NEAR: f64 = 0.05;

/// The 0.975 quantile of the normal distribution: a two-sided interval of 95 %.
const QUANTILE: f64 = 1.959_963_985;

/// How often a rule was right where the truth is known, counted by program.
///
/// A program counts for a rule if the rule decided a thread with a truth in any record of it, and
/// as right only if each of these threads was classified right in every record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The id of the rule.
    pub rule: &'static str,
    /// Programs of which it decided a thread with a truth.
    pub programs: u32,
    /// Those of them of which it was always right.
    pub right: u32,
}

impl Measured {
    /// The lower bound of the precision, 0 to 1: Wilson's, of the two-sided interval of 95 %. 0 of
    /// no program.
    #[must_use]
    pub fn lower_bound(&self) -> f64 {
        if self.programs == 0 {
            return 0.0;
        }
        let number = f64::from(self.programs);
        let right = f64::from(self.right) / number;
        let square = QUANTILE * QUANTILE;
        let middle = right + square / (2.0 * number);
        let spread = (right * (1.0 - right) + square / (4.0 * number)) / number;
        ((middle - QUANTILE * spread.sqrt()) / (1.0 + square / number)).clamp(0.0, 1.0)
    }

    /// Whether too few programs were seen for the bound to say much.
    pub(crate) fn is_little(&self) -> bool {
        self.programs < LITTLE_EVIDENCE
    }

    /// Whether enough programs were seen, and the rule was wrong for too many of them.
    fn is_bad(&self) -> bool {
        !self.is_little() && self.lower_bound() < LEAST_PRECISION
    }

    /// What is said of a classification that rests on little evidence: a sentence, or none.
    pub(crate) fn remark(&self) -> Option<String> {
        let Self { rule, programs, right } = self;
        match programs {
            0 => Some(format!("Little evidence: no program of the corpus tests rule `{rule}`.")),
            _ if self.is_little() => Some(format!(
                "Little evidence: rule `{rule}` is right for {right} of {programs} programs of \
                 the corpus."
            )),
            _ => None,
        }
    }
}

/// Why a classification is uncertain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Doubt {
    /// The deciding rule is wrong too often.
    Precision(Measured),
    /// A rule of the same tier says something else, and matches about as well.
    RunnerUp { rule: &'static str, says: &'static str },
}

impl Doubt {
    /// Of a precision alone.
    pub(crate) fn of_precision(measured: Measured) -> Option<Self> {
        measured.is_bad().then_some(Self::Precision(measured))
    }

    /// As a sentence.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Precision(Measured { rule, programs, right }) => {
                format!(
                    "Rule `{rule}` is right for only {right} of {programs} programs of the corpus."
                )
            }
            Self::RunnerUp { rule, says } => {
                format!("Rule `{rule}` matches about as well, which says {says}.")
            }
        }
    }
}

impl<S: Subject> Classification<S> {
    /// The best match that says something else than the deciding one.
    pub(crate) fn runner_up(&self) -> Option<&Match<S>> {
        self.matches.iter().find(|one| one.rule.model != self.class)
    }

    /// How sure it is, 0 to 1: 1 where the kernel says so, else the lower bound of the deciding
    /// rule's precision; 0 if no rule matches.
    pub(crate) fn confidence(&self, rules: &RuleSet) -> f64 {
        match self.matches.first() {
            None => 0.0,
            Some(first) if first.rule.tier == Tier::Kernel => 1.0,
            Some(first) => rules.measured_of(first.rule.id).lower_bound(),
        }
    }

    /// Why it is uncertain; none if it is not.
    pub(crate) fn doubt(&self, rules: &RuleSet) -> Option<Doubt> {
        let first = self.matches.first().filter(|first| first.rule.tier != Tier::Kernel)?;
        let precision = Doubt::of_precision(rules.measured_of(first.rule.id));
        precision.or_else(|| {
            let other = self.runner_up().filter(|other| other.rule.tier == first.rule.tier)?;
            let (rule, says) = (other.rule.id, S::name(other.rule.model));
            (first.margin - other.margin < NEAR).then_some(Doubt::RunnerUp { rule, says })
        })
    }

    /// What must be said of how it was measured: a sentence, or none.
    pub(crate) fn remark(&self, rules: &RuleSet) -> Option<String> {
        let first = self.matches.first().filter(|first| first.rule.tier != Tier::Kernel)?;
        rules.measured_of(first.rule.id).remark()
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;

    fn bound(right: u32, programs: u32) -> f64 {
        Measured { rule: "x", programs, right }.lower_bound()
    }

    #[test]
    fn the_bound_is_wilsons() {
        // Wilson (1927); the numbers are those of statsmodels' `proportion_confint`.
        for (right, programs, expected) in
            [(1, 1, 0.2065), (5, 5, 0.5655), (8, 10, 0.4902), (40, 40, 0.9124), (0, 9, 0.0)]
        {
            let bound = bound(right, programs);
            assert!((bound - expected).abs() < 1e-4, "{right} of {programs}: {bound}");
        }
        assert_eq!(bound(0, 0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn few_programs_are_little_evidence_and_no_doubt() {
        let measured = |right, programs| Measured { rule: "x", programs, right };
        assert!(!measured(0, 4).is_bad() && measured(0, 4).remark().is_some());
        assert!(measured(4, 5).is_bad() && measured(4, 5).remark().is_none());
        assert!(!measured(5, 5).is_bad());
    }
}
