//! Says from a record of a program which I/O model each of its threads uses, how the program as a
//! whole is built, and what is wrong with it.
//!
//! Start at [`diagnose`]; then [`Analysis`], which holds what each thread turned out to be, and the
//! three tables: the rules of thread models (`RULES`), the shapes of programs (`SHAPES`), and
//! [`FINDINGS`].
//!
//! Left out on purpose: the machine. A record made elsewhere is judged the same, so nothing here
//! looks at `/proc`, a clock or the environment.

mod alike;
mod analysis;
mod diagnose;
mod facts;
mod findings;
mod rules;
mod shapes;
#[cfg(test)]
mod testing;
pub mod thresholds;
mod verdict;
mod words;

pub use analysis::{Analysis, ThreadAnalysis};
pub use diagnose::{Explain, average, diagnose, diagnose_with, document};
pub use facts::{Contention, Ledger, RecordFacts};
pub use findings::{Docs, FINDINGS, Finding, FindingRow};
pub use rules::{Measured, RulePart, RuleSet};
pub use thresholds::{Bound, Level, Scale, Unit};

/// A part of a whole as a share, 0 to 1; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}
