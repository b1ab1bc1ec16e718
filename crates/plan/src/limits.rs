//! The most that a plan may ask for.
//!
//! A plan file may come from anywhere. These bounds keep a small file from asking for more
//! memory than a machine has before anything is run; they say nothing about disk space, which
//! whoever runs the plan checks against [`Plan::disk_bytes`](crate::Plan::disk_bytes).

use std::time::Duration;

/// Bytes of a plan file.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Flows of a plan, and as many again in its setup.
pub const FLOWS_MAX: u32 = 10_000_000;

/// Steps written down in a plan, setup included.
pub const STEPS_MAX: usize = 10_000;

/// Bytes that one step writes or reads.
pub const CONTENT_BYTES_MAX: u64 = 1 << 30;

/// The furthest offset of a `read_at` or `write_at`: the largest file of ext4 is 16 times that.
pub const OFFSET_MAX: u64 = 1 << 40;

/// The longest `sleep` or `cpu` step.
pub const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The largest seed: TOML's integers end there.
pub const SEED_MAX: u64 = i64::MAX as u64;

/// Bytes of a plan's name.
pub const NAME_BYTES_MAX: usize = 200;

/// Bytes of a path, written out. Linux takes 4096 (`PATH_MAX`), of which the working directory
/// needs its share.
pub const PATH_BYTES_MAX: usize = 1024;

/// Bytes of one component of a path: `NAME_MAX`.
pub const COMPONENT_BYTES_MAX: usize = 255;

/// Bytes of a URL or a request's path, written out: what servers commonly take.
pub const URL_BYTES_MAX: usize = 8000;

/// Peers of a plan.
pub const PEERS_MAX: usize = 1000;

/// Bytes of a peer's name.
pub const PEER_NAME_BYTES_MAX: usize = 64;

/// Bytes of a delimiter.
pub const DELIMITER_BYTES_MAX: usize = 1024;

/// Bytes of a UDP datagram over IPv4: 65,535 without the headers.
pub const DATAGRAM_BYTES_MAX: u64 = 65_507;

/// Bytes a second, the fastest peer that can be asked for.
pub const BANDWIDTH_BYTES_PER_S_MAX: u64 = 1 << 40;
