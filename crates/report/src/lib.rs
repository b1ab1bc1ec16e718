//! The documents that whywait writes, and how they are shown: plain data in, bytes out.
//!
//! Start at [`Comparison`] and [`Diagnosis`], which are the JSON documents `whywait.compare/1` and
//! `whywait.explain/1`; then [`COMPARE_FORMATS`] and [`EXPLAIN_FORMATS`], the tables of the ways to
//! show them. What each number means is in `docs/compare-json.md` and `docs/explain.md`.
//!
//! Left out on purpose: measuring (whoever measures fills these types in), the environment and
//! the terminal (colour and width are parameters, see [`Appearance`]), and any dependency on the
//! rest of whywait: a program that reads the documents needs only this crate.

mod agreement;
mod best;
mod comparison;
mod contestant;
mod diagnosis;
mod escape;
mod format;
mod host;
mod json;
mod lane;
mod latency;
mod layout;
mod machine;
mod measures;
mod metric;
mod order;
mod page;
mod page_cache;
mod paragraph;
mod place;
mod plan_summary;
mod quantity;
mod ratio;
mod run;
mod schema;
mod shortened;
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
pub use diagnosis::{
    BoundBy, CallCount, Diagnosis, DiagnosisSchema, Explained, FactDefinition, FactUnit,
    FindingEntry, LedgerSeconds, Observed, ObservedFact, ProcessEntry, Program, Quadrant,
    RuleOutcome, RuleTier, Severity, Shape, SourcePlace, Subject, SwitchCount, TestComparison,
    TestOutcome, ThreadEntry, ThreadModel, TimelineCutOff, TimelineEdge, TimelineInterval,
    TimelineState, TriedRule, TriedTest, WaitCategory, WaitEntry, WatchBackend, WatchCost,
    WatchDetail, WatchLosses, Why, diagnosis_schema,
};
pub use escape::escaped;
pub use format::{Appearance, COMPARE_FORMATS, Colour, EXPLAIN_FORMATS, Format};
pub use host::Host;
pub use lane::{EventKind, Lane, LaneEvent};
pub use latency::{Latency, LatencyError};
pub use machine::Machine;
pub use measures::{Measures, Sample, Spreads};
pub use metric::{Better, METRICS, Metric, Role};
pub use place::Place;
pub use plan_summary::PlanSummary;
pub use ratio::Ratio;
pub use run::{Run, Status};
pub use schema::{Schema, comparison_schema};
pub use spread::Spread;
pub use time_split::TimeSplit;
pub use verdict::{SENTENCES, Sentence, Work};
pub use warning::{Caution, Warning};
pub use workers::{WorkerKind, Workers};
pub use yardstick::is_settled;
