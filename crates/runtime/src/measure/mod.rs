//! What a run cost: measured by the workers themselves, read from the kernel.
//!
//! Everything here merges: times and counts add, histograms add. Left out on purpose: repeats,
//! medians and comparisons (the lab's).

mod cost;
mod flow_times;
mod histogram;
mod latencies;
mod moment;
mod process_status;
mod process_usage;
mod thread_mark;
mod thread_time;

pub use cost::Cost;
pub(crate) use flow_times::FlowTimes;
pub use histogram::{Histogram, NoHistogram};
pub(crate) use latencies::Latencies;
pub use moment::Moment;
pub use process_status::ProcessStatus;
pub use process_usage::ProcessUsage;
pub(crate) use thread_mark::ThreadMark;
pub use thread_time::ThreadTime;
