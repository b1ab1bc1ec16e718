//! Says from a record of a program which I/O model each of its threads uses, how the program as a
//! whole is built, and what is wrong with it.
//!
//! Start at [`diagnose`]; then [`Analysis`], which holds what each thread turned out to be, and the
//! three tables: the models of threads (`THREAD_MODELS`), the shapes of programs
//! (`SHAPE_FAMILIES`), and [`FINDINGS`].
//!
//! Left out on purpose: the machine. A record made elsewhere is judged the same, so nothing here
//! looks at `/proc`, a clock or the environment.

mod alike;
mod analysis;
mod contention;
mod diagnose;
mod findings;
mod ledger;
mod lineage;
mod models;
mod profile;
mod quadrant;
mod shapes;
#[cfg(test)]
mod testing;
pub mod thresholds;
mod verdict;
mod words;

pub use analysis::{Analysis, ThreadAnalysis};
pub use contention::Contention;
pub use diagnose::diagnose;
pub use findings::{FINDINGS, Finding, FindingRow};
pub use ledger::Ledger;
pub use thresholds::{BOUNDS, Bound, Level, SCALES, Scale, Unit};

/// A part of a whole as a share, 0 to 1; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}
