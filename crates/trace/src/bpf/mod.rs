//! Watching by programs in the kernel, bpf(2).
//!
//! `bpf/whywait.bpf.c` has the programs, and `layout` the structures that both sides share. A
//! [`Session`] is one watching: `Programs` are loaded and hooked in, `Tables` are their maps, and
//! what they send goes to `Gathering` (processes and threads), `Descriptors`, `SlowCalls` and
//! `Recording`. A thread's account is read out by `Harvest`, when it ends or watching does.
//!
//! Left out on purpose: starting and waiting for the program; see `watch`.

mod descriptors;
mod gathering;
mod harvest;
mod layout;
mod own_cost;
mod programs;
mod refusal;
mod session;
mod sites;
mod slow_calls;
mod tables;
mod task_storage;
mod timeline;
mod verifier;
mod wakings;

pub(crate) use session::Session;
pub use verifier::{Verified, verify};
