//! What a flow gave.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::{AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::recorder::Recording;

/// What a flow gave: small, since there may be a hundred thousand that only sleep.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FlowOutcome {
    /// What most flows that only sleep have nothing of.
    pub(crate) told: Option<Box<Told>>,
    pub(crate) lateness: Lateness,
}

/// How much later than asked for a flow's latest sleep ended: in nanoseconds, to 4 s; none when
/// it did not sleep.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lateness(Option<NonZeroU32>);

impl Lateness {
    /// Notes that a sleep ended so much later than asked for.
    pub(super) fn note(&mut self, lateness: Duration) {
        let nanos = u32::try_from(lateness.as_nanos()).unwrap_or(u32::MAX);
        self.0 = self.0.max(Some(NonZeroU32::new(nanos).unwrap_or(NonZeroU32::MIN)));
    }

    pub(crate) fn get(self) -> Option<Duration> {
        self.0.map(|nanos| Duration::from_nanos(nanos.get().into()))
    }
}

/// What a flow has to tell that did more than sleep, or failed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) moved: Moved,
    /// BLAKE3 of what it read and received, in a verifying run that did.
    pub(crate) digest: Option<[u8; 32]>,
    pub(crate) failure: Option<String>,
    /// What happened to it, where that was recorded.
    pub(crate) recording: Option<Recording>,
}

/// Bytes that flows moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// Written to files.
    pub(crate) written_bytes: u64,
    /// Read from files, and bodies that were downloaded.
    pub(crate) read_bytes: u64,
    /// Sent by `send` steps.
    pub(crate) sent_bytes: u64,
    /// Received by `recv` and `recv_until` steps.
    pub(crate) received_bytes: u64,
}

impl Moved {
    /// All of them together.
    pub(crate) fn bytes(self) -> u64 {
        self.named().into_iter().map(|(_, bytes)| bytes).sum()
    }

    /// Each with its name among a run's metrics.
    pub(crate) fn named(self) -> [(&'static str, u64); 4] {
        [
            ("written_bytes", self.written_bytes),
            ("read_bytes", self.read_bytes),
            ("sent_bytes", self.sent_bytes),
            ("received_bytes", self.received_bytes),
        ]
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written_bytes, read_bytes, sent_bytes, received_bytes } = self;
        write!(f, "wrote {written_bytes}, read {read_bytes}, ")?;
        write!(f, "sent {sent_bytes} and received {received_bytes} bytes")
    }
}

impl AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.written_bytes += other.written_bytes;
        self.read_bytes += other.read_bytes;
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
    }
}

impl Sub for Moved {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            written_bytes: self.written_bytes - before.written_bytes,
            read_bytes: self.read_bytes - before.read_bytes,
            sent_bytes: self.sent_bytes - before.sent_bytes,
            received_bytes: self.received_bytes - before.received_bytes,
        }
    }
}
