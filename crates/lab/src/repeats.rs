//! How many rounds a comparison has.
//!
//! Left out on purpose: what makes a result settled, which `report` knows.

use std::time::Duration;

use whywait_report::Ratio;

/// Rounds that there are in every case.
const LEAST: usize = 3;

/// Rounds after which more would say little.
const MOST: usize = 30;

/// How long the rounds may take together, beyond the least.
const BUDGET: Duration = Duration::from_secs(35);

/// How many rounds a comparison has, in each of which every model is measured once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// So many.
    Exactly(usize),
    /// As many as it takes to say which models differ: 3 at least, and no more once the intervals
    /// of the ratios are narrow, or the next round would end after 35 s.
    Auto,
}

impl Repeats {
    /// Rounds that are planned when none has been done.
    pub(crate) fn planned(self) -> usize {
        match self {
            Self::Exactly(rounds) => rounds,
            Self::Auto => Ratio::PAIRED_ROUNDS,
        }
    }

    /// Whether there is another round after `done`, which took `elapsed` together and `longest`
    /// each at most; `is_settled` says whether another one would change what is said.
    pub(crate) fn wants_more(
        self,
        done: usize,
        elapsed: Duration,
        longest: Duration,
        is_settled: impl FnOnce() -> bool,
    ) -> bool {
        match self {
            Self::Exactly(rounds) => done < rounds,
            Self::Auto if done < LEAST => true,
            Self::Auto if done >= MOST || elapsed + longest > BUDGET => false,
            Self::Auto => done < Ratio::PAIRED_ROUNDS || !is_settled(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn more(repeats: Repeats, done: usize, elapsed: Duration, is_settled: bool) -> bool {
        let each = elapsed / done.max(1) as u32;
        repeats.wants_more(done, elapsed, each, || is_settled)
    }

    #[test]
    fn a_number_that_was_asked_for_is_kept_to() {
        let asked = Repeats::Exactly(2);
        assert!(more(asked, 1, 100 * SECOND, true));
        assert!(!more(asked, 2, SECOND, false));
    }

    #[test]
    fn rounds_end_when_the_result_is_settled() {
        assert!(more(Repeats::Auto, 3, SECOND, true), "no pairs yet");
        assert!(!more(Repeats::Auto, 7, SECOND, true));
        assert!(more(Repeats::Auto, 7, SECOND, false));
        assert!(!more(Repeats::Auto, MOST, SECOND, false));
    }

    #[test]
    fn rounds_end_before_the_time_does() {
        assert!(more(Repeats::Auto, 2, 10 * BUDGET, false), "three there are in every case");
        assert!(!more(Repeats::Auto, 3, BUDGET, false));
        assert!(more(Repeats::Auto, 9, BUDGET / 2, false));
        assert!(!more(Repeats::Auto, 9, BUDGET - SECOND, false), "the tenth would end too late");
    }
}
