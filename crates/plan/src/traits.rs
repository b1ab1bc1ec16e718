//! What a plan is like, as far as the choice of a model depends on it.

use std::time::Duration;

use crate::conversation::Conversation;
use crate::flow_group::numbered;
use crate::{Declared, FlowGroup, NetworkUse, Plan, flow_files};

/// What a plan is like, as far as the choice of a model depends on it.
///
/// Everything is a sum over the flows, setup not included. Sums end at the largest number
/// instead of overflowing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// How many flows there are.
    pub flows: u32,
    /// How many flows must be able to advance at once.
    pub needs_concurrency: usize,
    /// The most flows in progress at once: never more than there are.
    pub max_in_flight: usize,
    /// Steps of all flows.
    pub steps: u64,
    /// Those of them that work on the filesystem.
    pub file_operations: u64,
    /// Their syscalls: a `write_file` is one operation and three calls.
    pub file_calls: u64,
    /// Bytes that are read from files, as far as the plan tells how long they are.
    pub file_read_bytes: u64,
    /// Bytes that are written to files.
    pub file_written_bytes: u64,
    /// Steps that work on the network.
    pub network_operations: u64,
    /// Bytes that are sent to peers, without HTTP requests.
    pub sent_bytes: u64,
    /// Bytes that are received from peers, as far as the plan tells how many there are.
    pub received_bytes: u64,
    /// The flows' waiting, one after another: their `sleep` steps, and for peers; see
    /// [`Declared::wait_total`].
    pub wait: Duration,
    /// The flows' `cpu` steps, and the making of random content.
    pub cpu: Duration,
}

impl Traits {
    /// The share of the steps that work on the filesystem, 0 to 1.
    #[must_use]
    pub fn file_operation_share(&self) -> f64 {
        if self.steps == 0 { 0.0 } else { self.file_operations as f64 / self.steps as f64 }
    }

    /// The share of the work, waiting left out, that is the program's own CPU time, 0 to 1.
    ///
    /// The rest is the kernel's work on files, which is estimated from calls that do not wait
    /// for a device: 5 µs a call and 0.25 ns a byte, about what ext4 and tmpfs take for small
    /// files in the page cache. It is for choosing a model, not for predicting a time.
    #[must_use]
    pub fn cpu_share(&self) -> f64 {
        const CALL_S: f64 = 5e-6;
        const BYTE_S: f64 = 0.25e-9;
        let bytes = self.file_read_bytes.saturating_add(self.file_written_bytes);
        let files_s = self.file_calls as f64 * CALL_S + bytes as f64 * BYTE_S;
        let cpu_s = self.cpu.as_secs_f64();
        if cpu_s == 0.0 { 0.0 } else { cpu_s / (cpu_s + files_s) }
    }

    pub(crate) fn of(plan: &Plan) -> Self {
        let flows = plan.flow_count();
        let Declared { wait_total, cpu_total, .. } = plan.declared();
        let transferred = flow_files::transferred(plan);
        let mut traits = Self {
            flows,
            needs_concurrency: plan.needs_concurrency,
            max_in_flight: plan.max_in_flight.unwrap_or(usize::MAX).min(flows as usize),
            steps: 0,
            file_operations: 0,
            file_calls: 0,
            file_read_bytes: transferred.read,
            file_written_bytes: transferred.written,
            network_operations: 0,
            sent_bytes: 0,
            received_bytes: 0,
            wait: wait_total,
            cpu: cpu_total,
        };
        for (_, group) in numbered(&plan.flows) {
            traits.add_steps(plan, group);
        }
        traits
    }

    fn add_steps(&mut self, plan: &Plan, group: &FlowGroup) {
        let count = u64::from(group.count);
        let mut conversation = Conversation::new(&plan.peers);
        for step in &group.steps {
            let declares = step.declares();
            let calls = u64::from(declares.file_calls);
            self.steps += count;
            self.file_operations += count * calls.min(1);
            self.file_calls += count * calls;
            self.network_operations += count * u64::from(declares.network != NetworkUse::Untouched);
            // A step that cannot work was refused when the plan was parsed.
            let exchange = conversation.follow(step.name(), &declares).unwrap_or_default();
            let bytes = |each: u64| each.saturating_mul(count);
            self.sent_bytes = self.sent_bytes.saturating_add(bytes(exchange.sent));
            self.received_bytes = self.received_bytes.saturating_add(bytes(exchange.received));
        }
    }
}
