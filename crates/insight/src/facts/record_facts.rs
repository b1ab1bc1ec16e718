//! Everything that is true of a record and its threads, computed once.

use std::collections::HashMap;

use whywait_record::Record;

use super::{Contention, Lineage, Network, Profile, ThreadFacts};

/// What each thread did by itself, by its number.
pub(crate) type Profiles = HashMap<u32, Profile>;

/// Everything that is true of a record and its threads, computed once: what
/// [`Analysis::with`](crate::Analysis::with) classifies by one [`RuleSet`](crate::RuleSet) or by
/// several.
#[derive(Debug)]
pub struct RecordFacts<'a> {
    /// Who listens, and who serves which connections.
    pub(crate) network: Network,
    /// Of every thread, in the order of the record.
    pub(crate) threads: Vec<ThreadFacts<'a>>,
}

impl<'a> RecordFacts<'a> {
    /// Of a record. One that is a sum must have been averaged.
    #[must_use]
    pub fn of(record: &'a Record) -> Self {
        let network = Network::of(record);
        let contention = Contention::of(record);
        let profiles: Profiles = record
            .threads()
            .map(|(_, thread)| (thread.tid, Profile::of(record, &network, thread)))
            .collect();
        let lineage = Lineage::of(record, &network, &profiles);
        let facts = |(process, thread): (_, &'a whywait_record::Thread)| {
            let profile = profiles.get(&thread.tid).copied().unwrap_or_default();
            ThreadFacts::of(record, (process, thread), profile, (&contention, &network, &lineage))
        };
        let threads = record.threads().map(facts).collect();
        Self { network, threads }
    }
}
