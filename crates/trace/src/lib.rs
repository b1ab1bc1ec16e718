//! Watches a program, in any language and unchanged, and records what its threads did and waited
//! for.
//!
//! Start at [`watch`], which returns a [`Record`](whywait_record::Record).
//!
//! What a record means is said by `whywait-insight`, from the record alone, so that it can be made
//! on one machine and judged on another.

mod bpf;
mod error;
pub mod launch;
mod options;
pub mod permission;
pub mod proc;
pub mod symbols;
mod target;
mod watch;

pub use bpf::{Verified, verify};
pub use error::Error;
pub use options::Options;
pub use target::Target;
pub use watch::{Watched, watch};
