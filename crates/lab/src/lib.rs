//! Runs one plan under every I/O model on this machine, measures each run, and checks that all
//! gave the same result.
//!
//! Start at [`compare`]. Each run is a fresh process that executes this program again, so a
//! program that uses the lab begins its `main` with `whywait::worker_entry()` and then
//! [`run_entry`]. What each number means is in `docs/compare-json.md`.
//!
//! Left out on purpose: parsing of command lines and plan files, and how a comparison is shown.

mod auto;
mod compare;
mod contestant;
mod digest;
mod directory;
mod fit;
mod flow;
mod machine;
mod placement;
mod predict;
mod progress;
mod racer;
mod run_entry;
mod run_process;
mod run_request;
mod setup;
mod space;
mod stop;
mod warm_up;

pub use auto::{RULES, Rule, Situation, choose};
pub use compare::{Options, compare, run_once};
pub use digest::digest_directory;
pub use directory::DirectoryError;
pub use progress::{Progress, Stage};
pub use run_entry::run_entry;
pub use run_request::{RunOutcome, RunPart, RunRequest, RunResult};
pub use stop::Stop;
