//! What is true of the threads of a record, computed once.
//!
//! A rule or a finding reads facts and never a counter of the record. [`FACTS`] names and defines
//! each fact that a rule can test.

mod contention;
mod fact;
mod ledger;
mod lineage;
mod network;
mod profile;
mod record_facts;
mod single_connection;
mod table;
mod thread_facts;

pub use contention::Contention;
pub(crate) use fact::{Fact, Seen, Subject, Unit, exact, facts, flag, ratio, share};
pub use ledger::Ledger;
pub(crate) use lineage::{Lineage, name_stem};
pub(crate) use network::{Network, looks_listening as listens};
pub(crate) use profile::{Profile, accepts, is_ipc, is_multiplexer, moves_data};
pub use record_facts::RecordFacts;
pub(crate) use table::*;
pub(crate) use thread_facts::{OfThread, ThreadFacts};

#[cfg(test)]
pub(crate) use contention::tests as contention_tests;
