//! Watches a program, in any language and unchanged, and records what its threads did and waited
//! for.
//!
//! Start at [`Record`], which is everything that was seen; then [`Ledger`], where the time of one
//! thread went.
//!
//! Left out on purpose: what it means. Which I/O model a thread uses and what is wrong with it is
//! said by `whywait-insight`, from a record alone, so that a record can be made on one machine and
//! judged on another.

mod bpf;
mod category;
mod contention;
mod error;
mod feature;
pub mod launch;
mod ledger;
mod options;
pub mod permission;
pub mod proc;
mod record;
pub mod symbols;
mod target;
mod watch;

pub use bpf::{Verified, verify};
pub use category::Category;
pub use contention::Contention;
pub use error::Error;
pub use feature::Feature;
pub use ledger::Ledger;
pub use options::Options;
pub use record::{
    Asking, Backend, Breadth, Call, Command, Control, Cost, Descriptor, DescriptorId,
    DescriptorKind, Detail, Edge, Ending, Exhaustion, Frame, Histogram, InFlight, Interval,
    IntervalState, Losses, Place, Process, Record, RingOperations, Sample, SampledMode, SlowCall,
    Switches, Syscall, Thread, ThreadTime, Timeline, Wait, Wake, Waker,
};
pub use target::Target;
pub use watch::{Watched, watch};
