//! The load generator: many connections to an echo server, kept busy and checked byte by byte.
//!
//! Start at [`generate`]. It runs in processes of its own, which execute this program again, and
//! is written straight on `epoll(7)`, over no runtime of ours or of anybody else: the same
//! instrument serves every server. One thread, one send and one receive for each round trip, and
//! no allocation in it.
//!
//! Left out on purpose: starting servers, reading what they cost, and any protocol but echo.

mod connection;
mod entry;
mod generate;
mod generator;
mod message;
mod pattern;
mod request;
mod result;
mod schedule;
mod source;
mod tally;

pub(crate) use entry::{LOAD_NAME, run_load};
pub use generate::{LoadError, LoadEvent, generate};
pub use request::{LoadRequest, LoadWork};
pub use result::LoadResult;
