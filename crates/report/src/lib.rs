//! The documents that whywait writes, and how they are shown: plain data in, bytes out.
//!
//! Start at [`Comparison`], which is the JSON document `whywait.compare/1`; then [`FORMATS`], the
//! table of the ways to show it. What each number means is in `docs/compare-json.md`.
//!
//! Left out on purpose: measuring (whoever measures fills these types in), the environment and
//! the terminal (colour and width are parameters, see [`Appearance`]), and any dependency on the
//! rest of whywait: a program that reads the documents needs only this crate.

mod agreement;
mod best;
mod comparison;
mod contestant;
mod format;
mod json;
mod lane;
mod latency;
mod machine;
mod measures;
mod metric;
mod order;
mod paragraph;
mod plan_summary;
mod quantity;
mod run;
mod schema;
mod spread;
mod stretch;
mod table;
mod time_split;
mod verdict;
mod warning;
mod workers;
mod yardstick;

#[cfg(test)]
mod example;

pub use agreement::Agreement;
pub use best::Best;
pub use comparison::Comparison;
pub use contestant::{Chosen, Contestant, Control, Notice};
pub use format::{Appearance, Colour, FORMATS, Format};
pub use lane::{EventKind, Lane, LaneEvent};
pub use latency::{Latency, LatencyError};
pub use machine::Machine;
pub use measures::{Measures, Sample, Spreads};
pub use metric::{Better, METRICS, Metric, Role};
pub use plan_summary::PlanSummary;
pub use run::{Run, Status};
pub use schema::{Schema, comparison_schema};
pub use spread::Spread;
pub use time_split::TimeSplit;
pub use verdict::{SENTENCES, Sentence, Work};
pub use warning::{Caution, Warning};
pub use workers::{WorkerKind, Workers};
