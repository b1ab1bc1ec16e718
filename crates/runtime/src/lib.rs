//! An async runtime in which the I/O model is a parameter.
//!
//! ```
//! use whywait::{Model, Runtime, fs};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model: Model = "epoll".parse()?; // or blocking, uring, thread-pool:8 …
//! let runtime = Runtime::new(model)?;
//! let length = runtime.block_on(async { fs::read("/etc/hostname").await.map(|text| text.len()) })?;
//! # let _ = length;
//! # Ok(())
//! # }
//! ```
//!
//! # Asynchrony is not concurrency
//! Some programs are correct one step after another; some need two things to advance at once.
//! The library says which in its types: [`spawn`] starts a task that may run later,
//! [`spawn_concurrent`] fails with [`NoConcurrency`] under a model that cannot overlap one more.
//! [`Runtime::run_flows`] spreads independent flows over the model's workers: threads, or
//! processes that re-execute the program, for which `main` begins with [`worker_entry`].
//!
//! One program shows what differs. Two sleeps at once start and end in the same order under every
//! model; how long they take together is the model's:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use whywait::{Runtime, join, time};
//!
//! const NAP: Duration = Duration::from_millis(20);
//!
//! async fn task(number: u32) {
//!     println!("task {number} starts");
//!     time::sleep(NAP).await;
//!     println!("task {number} ends");
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! for model in ["epoll", "blocking"] {
//!     let started = Instant::now();
//!     Runtime::new(model.parse()?)?.block_on(join(task(1), task(2)));
//!     println!("{model}: {:?}", started.elapsed()); // 20 ms, and 40 ms under blocking
//! #   let naps = if model == "epoll" { 1 } else { 2 };
//! #   assert!(started.elapsed() >= naps * NAP);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Dropping a future
//! A future that is dropped before it is done, such as the one that loses a [`select`] or a
//! [`time::timeout`], cancels its operation. The operation may have done its work all the same:
//!
//! | operation | dropped | how |
//! |---|---|---|
//! | `recv`, `recv_pooled`, `recv_many`, reads by the `futures` traits | safe | bytes that came stay with the stream; its next receive gets them first |
//! | `recv_from`, `recv` of datagrams | safe | a datagram that came stays with the socket |
//! | `accept`, `accept_many` | safe | a connection that came stays with the listener, until that is dropped |
//! | [`File::read`](fs::File::read), `read_pooled` | safe | bytes that were read stay with the file, whose position has moved |
//! | `read_at`, [`fs::read`], [`fs::stat`], `fsync` | safe | nothing was changed: ask again |
//! | [`time::sleep`], [`JoinHandle`], [`stopping`] | safe | nothing is lost; a task goes on without its handle |
//! | `send_to`, `send` of datagrams | all or nothing | sent whole or not at all; which, nothing says |
//! | `send`, `send_all`, `File::write`, `write_all`, `write_at` | partial | some of the bytes may be on their way; let it finish, or close the stream |
//! | writes by the `futures` traits | partial | what `poll_write` took is sent, also if the future of a flush is dropped |
//! | [`fs::write`] | partial | the file may be missing, empty or short |
//! | `mkdir`, `unlink`, `shutdown` | all or nothing | done or not |
//! | `bind`, `connect`, `File::open`, `File::create`, `close` | not safe to go on with | what was opened is closed; a file may have been made |
//! | reads and writes of a `TlsStream` | as the stream below | what it buffers stays in it |
//!
//! A vector that was given to a dropped receive is gone; its bytes are not. A receive by a method
//! of the stream does not see what a read by the `futures` traits has taken in already: use one or
//! the other on a stream.
//!
//! # Where to start
//! [`MODELS`] is the table of the models, [`Runtime`] runs under one, [`fs`], [`net`] and
//! [`time`] are what a future can wait for, and [`measure`] is what it cost. [`join`] and
//! [`select`] and all that is written against the `futures` traits work as they are. The
//! examples are programs to learn from: `gather`, `echo` and `four_combinations`. With the feature
//! `hyper` there are adapters to speak HTTP, with `tls` streams that are encrypted.
//!
//! Left out on purpose: a scheduler that moves tasks between threads, and any global runtime.

#![warn(missing_debug_implementations)]

mod error;
mod executor;
pub mod fs;
#[cfg(feature = "hyper")]
pub mod hyper_rt;
pub mod local;
pub mod measure;
mod model;
pub mod net;
mod runtime;
mod serve;
mod spawn;
pub mod time;
#[cfg(feature = "tls")]
pub mod tls;
mod wait;
mod workers;

pub use bytes::Bytes;
pub use error::Error;
pub use executor::{Deadlock, ExternalWake, JoinError, JoinHandle, Panicked, expect_external_wake};
pub use futures_util::future::{join, join_all, select, select_all, try_join, try_join_all};
pub use model::{
    Control, MODELS, Model, ModelRow, Notice, ParseModelError, Phases, Resolved, Spender,
    WorkersKind,
};
pub use runtime::{Builder, Runtime};
pub use serve::{HandlerFn, ServeControl, ServeStop, Served, Stopping, stopping};
pub use spawn::{NoConcurrency, spawn, spawn_concurrent};
pub use whywait_driver::{Counters, DRIVERS, DriverKind, Lease, Limits, Unavailable};
pub use workers::{FlowFn, Flows, Travel, worker_entry};
