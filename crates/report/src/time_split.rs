//! Where the time of a run went.
//!
//! Left out on purpose: what to do about it, which is the verdict's, and how CPU time splits into
//! user and kernel mode, which the kernel only estimates.

use crate::{Run, Spread};

/// Where the time of a run's workers went: shares that add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSplit {
    /// On a CPU, in either mode.
    pub cpu: f64,
    /// Could have run, but no CPU was free.
    pub runnable: f64,
    /// Waiting for something other than a CPU.
    pub blocked: f64,
}

impl TimeSplit {
    /// The split of a run's medians; `None` when it was not measured or took no time.
    #[must_use]
    pub fn of(run: &Run) -> Option<Self> {
        let median = |spread: Option<Spread>| spread.map(|spread| spread.median.max(0.0));
        let cpu = median(run.measures.cpu_s)?;
        let runnable = median(run.measures.runnable_s)?;
        let blocked = median(run.measures.blocked_s)?;
        let whole = cpu + runnable + blocked;
        (whole > 0.0).then(|| Self {
            cpu: cpu / whole,
            runnable: runnable / whole,
            blocked: blocked / whole,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TimeSplit;
    use crate::{Run, Sample, example};

    #[test]
    fn shares_add_up_to_one() {
        let comparison = example::files();
        for run in comparison.runs.iter().filter(|run| run.is_ok()) {
            let split = TimeSplit::of(run).expect("it was measured");
            let sum = split.cpu + split.runnable + split.blocked;
            assert!((sum - 1.0).abs() < 1e-9, "{split:?}");
        }
    }

    #[test]
    fn a_run_that_took_no_time_has_no_split() {
        let contestant = example::files().runs[0].contestant.clone();
        let idle = Run::measured(contestant.clone(), vec![Sample::default()]);
        assert_eq!(TimeSplit::of(&idle), None);
        assert_eq!(TimeSplit::of(&Run::skipped(contestant, "no")), None);
    }
}
