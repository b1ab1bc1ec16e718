//! The times that a plan's flows declare.

use std::time::Duration;

use crate::FlowGroup;
use crate::flow_group::numbered;

/// The times that a plan's flows declare: what no model can spare.
///
/// Sums end at the longest duration there is instead of overflowing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// All `sleep` steps of all flows, one after another.
    pub sleep_total: Duration,
    /// All `cpu` steps of all flows, and the making of random content, estimated as
    /// [`RANDOM_PICOSECONDS_PER_BYTE`](Self::RANDOM_PICOSECONDS_PER_BYTE) says.
    pub cpu_total: Duration,
    /// The longest that one flow sleeps and computes.
    pub longest_flow: Duration,
}

impl Declared {
    /// What a byte of random content costs in CPU time: 0.7 ns, measured as 0.65 to
    /// 0.8 ns on one virtual CPU of a shared server.
    pub const RANDOM_PICOSECONDS_PER_BYTE: u64 = 700;

    pub(crate) fn of(groups: &[FlowGroup]) -> Self {
        numbered(groups).map(|(_, group)| Self::of_group(group)).fold(Self::default(), Self::and)
    }

    fn of_group(group: &FlowGroup) -> Self {
        let (mut sleep, mut cpu) = (Duration::ZERO, Duration::ZERO);
        for step in &group.steps {
            let declares = step.declares();
            sleep = sleep.saturating_add(declares.sleep);
            cpu = cpu.saturating_add(declares.cpu).saturating_add(making(declares.random_bytes));
        }
        Self {
            sleep_total: sleep.saturating_mul(group.count),
            cpu_total: cpu.saturating_mul(group.count),
            longest_flow: sleep.saturating_add(cpu),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            sleep_total: self.sleep_total.saturating_add(other.sleep_total),
            cpu_total: self.cpu_total.saturating_add(other.cpu_total),
            longest_flow: self.longest_flow.max(other.longest_flow),
        }
    }
}

fn making(random_bytes: u64) -> Duration {
    let picoseconds = random_bytes.saturating_mul(Declared::RANDOM_PICOSECONDS_PER_BYTE);
    Duration::from_nanos(picoseconds / 1000)
}
