//! Merging: the records of one program on several hosts, or of several runs of it, as one.
//!
//! A process is matched by its parent and its command line, a thread by its process and its name, a
//! descriptor by its process and its path or addresses, or by its number if it has neither. Of
//! several that are equal in one record, the first is matched with the first of the other record.
//! What is matched is summed; what is not is kept as it is. Nothing is bounded here: the bounds
//! apply when a record is made.
//!
//! Processes, threads and descriptors get new numbers, which follow from what they are matched by.
//! So the result depends neither on the order of the records nor on how they are grouped. The
//! number 0 stands for every process or thread that a record names but does not have.
//!
//! Lengths are summed, the length of watching too, so that a thread's time divided by it is the
//! average over the hosts. Moments (`…_at_ns`) still count from the beginning of each record. The
//! first process stands for as many processes as there are records.

mod descriptors;
mod error;
mod forest;
mod not_summed;
mod renumber;
mod sum;
#[cfg(test)]
mod tests;
mod threads;

pub use error::MergeError;
pub use not_summed::NotSummed;

use crate::Record;

/// The sum of several records.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The sum.
    pub record: Record,
    /// What of the records is not in the sum, and what is there instead.
    pub not_summed: Vec<NotSummed>,
}

/// Merges records of the same program. A single record is returned as it is.
///
/// # Errors
///
/// If there is no record, or if the sum of them would say nothing: they are of different programs,
/// or were made in different ways.
pub fn merge(records: impl IntoIterator<Item = Record>) -> Result<Merged, MergeError> {
    let mut records: Vec<Record> = records.into_iter().collect();
    error::check(&records)?;
    if records.len() > 1 {
        let not_summed = not_summed::not_summed(&records);
        let descriptors = renumber::renumber(&mut records);
        let record = sum::sum(records, descriptors).ok_or(MergeError::NoRecord)?;
        return Ok(Merged { record, not_summed });
    }
    let record = records.pop().ok_or(MergeError::NoRecord)?;
    Ok(Merged { record, not_summed: Vec::new() })
}
