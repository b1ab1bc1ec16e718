//! What a rule says about a place that breaks it.
//!
//! Left out on purpose: severities. A rule that may be broken is not a rule.

use std::fmt;

/// One place that breaks a rule: where, what, why that is not wanted and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    /// Relative to the repository's root.
    pub(super) path: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// What stands there.
    pub(super) what: String,
    /// Why it is not wanted.
    pub(super) why: &'static str,
    /// What to do instead.
    pub(super) remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, why, remedy } = self;
        write!(f, "{path}:{line}: {what}; {why}; {remedy}")
    }
}

#[cfg(test)]
mod tests {
    use super::Violation;

    #[test]
    fn is_one_line_that_starts_with_the_place() {
        let violation = Violation {
            path: "a.rs".into(),
            line: 3,
            what: "a thing".into(),
            why: "reason",
            remedy: "do this".into(),
        };
        assert_eq!(violation.to_string(), "a.rs:3: a thing; reason; do this");
    }
}
