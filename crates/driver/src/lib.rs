//! How operations wait.
//!
//! An I/O model differs from another in one thing: what a thread does between asking for an
//! operation and having its result. That thing is a [`Driver`]. Everything above this crate is
//! written once, against the trait; everything below the trait is syscalls.
//!
//! Start at [`Driver`], then [`Op`] (what can be asked for), [`Completion`] (what comes back) and
//! [`DRIVERS`] (the table of the drivers that exist).
//!
//! Left out on purpose: futures, tasks and wakers (the runtime's), retries of partial writes
//! (the caller sees the short count), and any choice between drivers (a driver that cannot run
//! here is [`Unavailable`], never replaced by another).

mod address;
mod blocking;
mod buffer;
mod cached;
mod completion;
mod counters;
mod driver;
mod handle;
mod helpers;
mod interruption;
mod kind;
mod limits;
mod notifier;
mod offload;
mod op;
mod perform;
mod pool;
mod readiness;
mod sequential;
pub mod simulated;
mod table;
mod thread_calls;
mod timers;
mod token;
mod unclaimed;
mod uring;
mod wait_limit;

pub use address::Address;
pub use blocking::Blocking;
pub use buffer::{Buffer, Data, Fill};
pub use completion::{Completion, Datagram, FileKind, Returned, Stat, Value};
pub use counters::Counters;
pub use driver::{Attempt, Config, Driver, Full};
pub use handle::{Handle, Witness};
pub use interruption::Interruption;
pub use kind::{DRIVERS, DriverKind, Unavailable};
pub use limits::Limits;
pub use notifier::Notifier;
pub use offload::Offload;
pub use op::{BindShare, Op, OpenMode, SocketFamily, SocketKind};
pub use pool::{BufferPool, Lease};
pub use simulated::{Faults, Simulated};
pub use table::Table;
pub use thread_calls::{counted_call, thread_calls};
pub use token::{Token, TokenAllocator};
pub use unclaimed::Unclaimed;
pub use uring::Uring;
