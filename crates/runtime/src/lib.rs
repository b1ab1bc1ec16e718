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
//! # Where to start
//! [`MODELS`] is the table of the models, [`Runtime`] runs under one, [`fs`], [`net`] and
//! [`time`] are what a future can wait for, and [`measure`] is what it cost. [`join`] and
//! [`select`] and all that is written against the `futures` traits work as they are. The
//! examples are programs to learn from: `gather`, `echo` and `four_combinations`. With the feature
//! `hyper` there are adapters to speak HTTP, with `tls` streams that are encrypted.
//!
//! Left out on purpose: a scheduler that moves tasks between threads, and any global runtime.

mod error;
mod executor;
pub mod fs;
#[cfg(feature = "hyper")]
pub mod hyper;
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
pub use executor::{Cancelled, Deadlock, ExternalWake, JoinHandle, expect_external_wake};
pub use futures_util::future::{join, join_all, select, select_all, try_join, try_join_all};
pub use model::{
    Control, MODELS, Model, ModelRow, Notice, ParseModelError, Phases, Resolved, Spender,
    WorkersKind,
};
pub use runtime::{Builder, Runtime};
pub use serve::{HandlerFn, ServeControl, ServeStop, Served};
pub use spawn::{NoConcurrency, spawn, spawn_concurrent};
pub use whywait_driver::{Counters, DRIVERS, DriverKind, Lease, Limits, Unavailable};
pub use workers::{FlowFn, Flows, Travel, worker_entry};
