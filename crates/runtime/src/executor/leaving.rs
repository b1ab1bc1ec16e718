//! Operations whose futures were dropped while the driver had them, and those that wait behind.
//!
//! A cancel is a request: the operation may have done its work all the same. Until its final
//! completion tells, the next operation on the same handle waits here, so that it gets what the
//! dropped one took and nothing is lost or overtaken.
//!
//! Left out on purpose: where a result stays that nobody waits for, which is its handle.

use std::collections::{HashMap, VecDeque};

use whywait_driver::Unclaimed;

use super::ops::Unsent;

/// The handles, by id, on which a dropped operation is still with the driver.
#[derive(Default)]
pub(super) struct Leaving(HashMap<u64, Source>);

/// One such handle.
#[derive(Default)]
pub(super) struct Source {
    /// Operations whose final completion has to come before anybody else gets a result.
    pub(super) unsettled: usize,
    /// What they took, oldest first.
    pub(super) kept: Unclaimed,
    /// Operations that were started meanwhile, oldest first.
    pub(super) behind: VecDeque<Unsent>,
}

impl Leaving {
    /// Whether there is no such handle.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an operation on the handle of this id has to wait.
    pub(super) fn has(&self, id: u64) -> bool {
        !self.0.is_empty() && self.0.contains_key(&id)
    }

    /// The handle's entry, made if there is none.
    pub(super) fn source(&mut self, id: u64) -> &mut Source {
        self.0.entry(id).or_default()
    }

    /// Takes the handle's entry out.
    pub(super) fn remove(&mut self, id: u64) -> Source {
        self.0.remove(&id).unwrap_or_default()
    }
}
