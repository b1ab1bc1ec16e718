//! The times that a plan's flows declare.

use std::time::Duration;

use crate::conversation::Conversation;
use crate::flow_group::numbered;
use crate::{FlowGroup, Plan};

/// The times that a plan's flows declare: what no model can spare.
///
/// Sums end at the longest duration there is instead of overflowing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// All waiting of all flows, one after another: their `sleep` steps, and for peers their
    /// delays, what their bandwidth makes of the bytes, and timeouts where they stall.
    pub wait_total: Duration,
    /// All `cpu` steps of all flows, and the making of random content, estimated as
    /// [`RANDOM_PICOSECONDS_PER_BYTE`](Self::RANDOM_PICOSECONDS_PER_BYTE) says.
    pub cpu_total: Duration,
    /// The longest that one flow waits and computes.
    pub longest_flow: Duration,
}

impl Declared {
    /// What a byte of random content costs in CPU time: 0.7 ns, measured as 0.65 to
    /// 0.8 ns on one virtual CPU of a shared server.
    pub const RANDOM_PICOSECONDS_PER_BYTE: u64 = 700;

    pub(crate) fn of(plan: &Plan) -> Self {
        let groups = numbered(&plan.flows).map(|(_, group)| Self::of_group(plan, group));
        groups.fold(Self::default(), Self::and)
    }

    fn of_group(plan: &Plan, group: &FlowGroup) -> Self {
        let (mut wait, mut cpu) = (Duration::ZERO, Duration::ZERO);
        let mut conversation = Conversation::new(&plan.peers);
        for step in &group.steps {
            let declares = step.declares();
            // A step that cannot work was refused when the plan was parsed.
            let exchange = conversation.follow(step.name(), &declares).unwrap_or_default();
            wait = wait.saturating_add(declares.sleep).saturating_add(exchange.wait);
            cpu = cpu.saturating_add(declares.cpu).saturating_add(making(declares.random_bytes));
            if exchange.fails {
                break;
            }
        }
        Self {
            wait_total: wait.saturating_mul(group.count),
            cpu_total: cpu.saturating_mul(group.count),
            longest_flow: wait.saturating_add(cpu),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            wait_total: self.wait_total.saturating_add(other.wait_total),
            cpu_total: self.cpu_total.saturating_add(other.cpu_total),
            longest_flow: self.longest_flow.max(other.longest_flow),
        }
    }
}

fn making(random_bytes: u64) -> Duration {
    let picoseconds = random_bytes.saturating_mul(Declared::RANDOM_PICOSECONDS_PER_BYTE);
    Duration::from_nanos(picoseconds / 1000)
}
