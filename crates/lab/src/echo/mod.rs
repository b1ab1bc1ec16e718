//! An echo server under every model, and load on it: what `whywait compare echo` does.
//!
//! The server is [`Runtime::serve`](whywait::Runtime::serve) with one small handler, in a fresh
//! process for each run; the load is [`load`](crate::load), the same for all. Left out on
//! purpose: how rounds go and what a report looks like, which are the same as for plans.

mod compare_echo;
mod cpu_split;
mod entry;
mod message;
mod options;
mod sample;
mod server;
mod usage;
mod work;

pub use compare_echo::compare_echo;
pub(crate) use entry::{SERVER_NAME, run_server};
pub use options::{EchoError, EchoOptions};
pub(crate) use sample::ServedSample;
