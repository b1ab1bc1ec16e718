//! The rules by which threads are classified: all, or all but a part, to see what needs it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::certainty::Measured;
use super::precision::MEASURED;
use super::{RULES, Rule};
use crate::facts::Subject;
use crate::shapes::every_shape_rule;

/// Rules to classify by, and how often each was right.
#[derive(Clone, Debug)]
pub struct RuleSet {
    left_out: BTreeSet<RulePart>,
    measured: Cow<'static, [Measured]>,
}

/// A rule, or one of its exclusions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RulePart {
    /// The id of the rule.
    pub rule: &'static str,
    /// The place of the exclusion among those of the rule; none of the rule as a whole.
    pub exclusion: Option<usize>,
}

impl RuleSet {
    /// Every rule, and the precision that is compiled in.
    #[must_use]
    pub fn all() -> Self {
        Self { left_out: BTreeSet::new(), measured: Cow::Borrowed(MEASURED) }
    }

    /// The same with the precision of another measurement.
    #[must_use]
    pub fn measured_by(self, measured: Vec<Measured>) -> Self {
        Self { measured: Cow::Owned(measured), ..self }
    }

    /// The same without one more part.
    #[must_use]
    pub fn without(&self, part: RulePart) -> Self {
        let mut fewer = self.clone();
        fewer.left_out.insert(part);
        fewer
    }

    /// Each rule of threads and of programs, and each of its exclusions, in the order of the tables.
    pub fn parts() -> impl Iterator<Item = RulePart> {
        let of_threads = every_rule().map(|rule| (rule.id, rule.unless.len()));
        let of_programs = every_shape_rule().map(|rule| (rule.id, rule.unless.len()));
        of_threads.chain(of_programs).flat_map(|(rule, exclusions)| {
            let parts = std::iter::once(None).chain((0..exclusions).map(Some));
            parts.map(move |exclusion| RulePart { rule, exclusion })
        })
    }

    /// How often each rule was right; empty where nothing was measured.
    #[must_use]
    pub fn measured(&self) -> &[Measured] {
        &self.measured
    }

    /// How often a rule was right.
    pub(crate) fn measured_of(&self, rule: &'static str) -> Measured {
        let measured = self.measured.iter().find(|one| one.rule == rule);
        measured.copied().unwrap_or(Measured { rule, programs: 0, right: 0 })
    }

    /// By how much a thread or a program matches a rule, 0 to 1; none if it does not.
    pub(super) fn margin<S: Subject>(&self, rule: &Rule<S>, facts: &S::Facts<'_>) -> Option<f64> {
        let is_out = |exclusion| self.left_out.contains(&RulePart { rule: rule.id, exclusion });
        if is_out(None) {
            return None;
        }
        let margin = rule.margin_of_tests(facts)?;
        let is_excluded = rule.exclusions(facts).any(|place| !is_out(Some(place)));
        (!is_excluded).then_some(margin)
    }
}

/// The rules of every model, in the order of the tables.
pub(crate) fn every_rule() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().flat_map(|rules| rules.iter())
}

impl fmt::Display for RulePart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, exclusion } = *self;
        let Some(place) = exclusion else { return out.write_str(rule) };
        let of_threads = every_rule().find(|one| one.id == rule);
        let of_programs = every_shape_rule().find(|one| one.id == rule);
        let tests = of_threads
            .and_then(|rule| rule.named_exclusion(place))
            .or_else(|| of_programs.and_then(|rule| rule.named_exclusion(place)));
        write!(out, "{rule} unless {}", tests.unwrap_or_default())
    }
}

impl<S: Subject> Rule<S> {
    /// The tests of the exclusion in that place, as words.
    fn named_exclusion(&self, place: usize) -> Option<String> {
        let tests: Vec<_> = self.unless.get(place)?.iter().map(ToString::to_string).collect();
        Some(tests.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{RuleSet, every_rule, every_shape_rule};

    #[test]
    fn each_rule_has_an_id_of_its_own() {
        let of_programs = every_shape_rule().map(|rule| rule.id);
        let ids: Vec<_> = every_rule().map(|rule| rule.id).chain(of_programs).collect();
        let unique: HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn an_exclusion_is_named_by_its_tests() {
        let names: Vec<_> = RuleSet::parts().map(|part| part.to_string()).collect();
        let unique: HashSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        let exclusion = "uring-loop unless ring-iterations below 3 and ring-wait below 0.0 µs";
        assert!(names.iter().any(|name| name == exclusion), "{names:?}");
    }
}
