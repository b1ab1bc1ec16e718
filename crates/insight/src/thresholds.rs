//! What a finding's scale and its bounds are: types, and the one bound that several findings share.
//!
//! The numbers of a finding are in its own file and registered in its row of
//! [`FINDINGS`](crate::FINDINGS). A finding has a severity only where both a share and an absolute
//! time are reached: a share alone would complain about programs that live for a millisecond, a time
//! alone about those that run for a week.

use std::fmt;

use whywait_report::Severity;

/// What must be reached, both, for one severity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// A share, 0 to 1.
    pub share: f64,
    /// A time.
    pub seconds: f64,
}

/// From which share and time on a finding has each severity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Which of a finding's cases it is for; none of a finding with one scale.
    pub part: Option<&'static str>,
    /// What its `seconds` are.
    pub seconds_of: &'static str,
    /// Of what they are a share.
    pub share_of: &'static str,
    /// From where on it is reported at all.
    pub info: Level,
    /// From where on it is a warning; none where it never is.
    pub warn: Option<Level>,
    /// From where on it is `high`; none where it never is.
    pub high: Option<Level>,
}

/// A number that decides whether something counts for a finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Its name.
    pub name: &'static str,
    /// The number, in seconds of times.
    pub value: f64,
    /// What kind of number it is.
    pub unit: Unit,
    /// What it decides.
    pub meaning: &'static str,
}

/// What kind of number a [`Bound`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time.
    Time,
    /// A share of a whole.
    Share,
    /// A number of things.
    Count,
}

impl Scale {
    /// The severity of that time and share; none below all levels.
    #[must_use]
    pub fn severity(&self, seconds: f64, share: f64) -> Option<Severity> {
        let reached = |level: Level| share >= level.share && seconds >= level.seconds;
        [
            (self.high, Severity::High),
            (self.warn, Severity::Warn),
            (Some(self.info), Severity::Info),
        ]
        .into_iter()
        .find(|(level, _)| level.is_some_and(reached))
        .map(|(_, severity)| severity)
    }
}

impl Bound {
    /// A time, in nanoseconds.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        (self.value * 1e9) as u64
    }

    /// A number of things.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.value as u64
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} % and {}", percent(self.share), time(self.seconds))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Time => out.write_str(&time(self.value)),
            Unit::Share => write!(out, "{} %", percent(self.value)),
            Unit::Count => write!(out, "{}", self.value),
        }
    }
}

/// Hundredths, without the noise of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 100.0
}

fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    format!("{} {unit}", (number * 1e3).round() / 1e3)
}

/// A level of a scale.
pub(crate) const fn level(share: f64, seconds: f64) -> Level {
    Level { share, seconds }
}

/// Which part of the calls must be lost to weaken what rests on them.
pub(crate) const LOST_CALLS: Bound = Bound {
    name: "lost calls",
    value: 0.01,
    unit: Unit::Share,
    meaning: "So many of the calls must have been counted without their kind to make a finding less \
              certain.",
};
