//! Runs one plan under every I/O model on this machine, measures each run, and checks that all
//! gave the same result.
//!
//! Start at [`compare`]. Each run is a fresh process that executes this program again, so a
//! program that uses the lab begins its `main` with `whywait::worker_entry()` and then
//! [`run_entry`]. What each number means is in `docs/compare-json.md`.
//!
//! Left out on purpose: parsing of command lines and plan files, and how a comparison is shown.

mod auto;
mod companion;
mod compare;
mod compare_error;
mod connection;
mod contestant;
mod cpus;
mod descriptors;
mod digest;
mod directory;
mod download;
mod echo;
mod fit;
mod flow;
mod keeping;
pub mod load;
mod machine;
mod peer;
mod placement;
mod predict;
mod progress;
mod racer;
mod repeats;
mod rounds;
mod run_entry;
mod run_process;
mod run_request;
mod setup;
mod space;
mod stop;
mod timers;
mod warm_up;

pub use auto::{RULES, Rule, Situation, choose};
pub use compare::{Options, compare, run_once};
pub use compare_error::CompareError;
pub use digest::digest_directory;
pub use directory::DirectoryError;
pub use download::DownloadNews;
pub use echo::{EchoError, EchoOptions, compare_echo};
pub use machine::host;
pub use peer::{PeerAddress, PeerAddresses, PeerError};
pub use progress::{Progress, Stage};
pub use repeats::Repeats;
pub use run_entry::run_entry;
pub use run_request::{RunOutcome, RunPart, RunRequest, RunResult};
pub use stop::Stop;
