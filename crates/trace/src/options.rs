//! How a target is watched.
//!
//! Left out on purpose: where the report goes and in which format; that is the front end's.

use std::time::Duration;
use whywait_record::{Detail, Feature};

use crate::Target;

/// How a target is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How much is watched.
    pub detail: Detail,
    /// How many intervals and edges a recorded timeline may have, together; none: no timeline.
    pub timeline: Option<usize>,
    /// From which length on a call is kept as a single [`SlowCall`](whywait_record::SlowCall).
    pub slow_call: Duration,
    /// How long watching lasts at the most; none: until the target has ended.
    pub duration: Option<Duration>,
    /// What to do without although the kernel may have it, so that the fallbacks can be tested.
    pub forgo: Vec<Feature>,
}

impl Options {
    /// From which length on a call is slow, unless something else is asked for: what an event
    /// loop should never spend in one call.
    pub const SLOW_CALL: Duration = Duration::from_millis(1);

    /// What a target is watched with unless something else is asked for: every call of a program
    /// that is started for it, and light detail for one that runs already and may have users.
    #[must_use]
    pub fn for_target(target: &Target) -> Self {
        let detail = match target {
            Target::Command(_) => Detail::Full,
            Target::Process(_) => Detail::Light,
        };
        Self {
            detail,
            timeline: None,
            slow_call: Self::SLOW_CALL,
            duration: None,
            forgo: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_watched_in_full_and_a_process_lightly() {
        assert_eq!(Options::for_target(&Target::Command(vec!["x".into()])).detail, Detail::Full);
        assert_eq!(Options::for_target(&Target::Process(1)).detail, Detail::Light);
    }
}
