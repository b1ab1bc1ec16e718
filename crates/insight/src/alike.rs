//! Threads that do the same, as one. Processes are kept apart unless watching had merged them.

use std::collections::HashMap;
use whywait_record::Category;

use crate::ThreadAnalysis;
use crate::analysis::how_many;
use crate::facts::name_stem;

/// Threads of one process that do the same: one, or more.
pub(crate) struct Alike<'s, 'a> {
    /// They, in the order of the record.
    pub(crate) members: Vec<&'s ThreadAnalysis<'a>>,
}

impl<'s, 'a> Alike<'s, 'a> {
    /// The threads of one process in groups, in the order of each group's first thread. The thread
    /// in which the process began is always by itself.
    pub(crate) fn among(threads: impl Iterator<Item = &'s ThreadAnalysis<'a>>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        let mut known: HashMap<_, usize> = HashMap::new();
        for one in threads {
            if one.is_main() {
                groups.push(Self { members: vec![one] });
                continue;
            }
            let stem = name_stem(&one.thread.name);
            let key = (one.model, stem, main_category(one), one.thread.io_worker);
            let index = *known.entry(key).or_insert_with(|| {
                groups.push(Self { members: Vec::new() });
                groups.len() - 1
            });
            groups[index].members.push(one);
        }
        groups
    }

    /// The first of them, who stands for all.
    pub(crate) fn first(&self) -> &'s ThreadAnalysis<'a> {
        self.members[0]
    }

    /// The one that did most: its evidence is told for all.
    pub(crate) fn busiest(&self) -> &'s ThreadAnalysis<'a> {
        // Of several that did as much, the first.
        self.members.iter().rev().max_by_key(|one| did_ns(one)).unwrap_or(&self.members[0])
    }

    /// For how many threads they stand.
    pub(crate) fn size(&self) -> u64 {
        how_many(self.members.iter().copied())
    }

    /// What they are called: the name of all, or what their names begin with and `*`.
    pub(crate) fn name(&self) -> String {
        let name = &self.first().thread.name;
        if self.members.iter().all(|one| one.thread.name == *name) {
            name.clone()
        } else {
            format!("{}*", name_stem(name))
        }
    }
}

/// How long a thread did something itself, as opposed to waiting for work.
fn did_ns(one: &ThreadAnalysis<'_>) -> u64 {
    const OWN: &[Category] = &[Category::Data, Category::Disk, Category::Lock, Category::Child];
    one.ledger.wanted_ns().saturating_add(one.ledger.asleep_for(OWN))
}

/// What a thread waits for most; none of one that hardly waits.
fn main_category(one: &ThreadAnalysis<'_>) -> Option<Category> {
    let most = one.ledger.categories().into_iter().max_by_key(|(_, waiting_ns)| *waiting_ns);
    most.filter(|(_, waiting_ns)| one.share_of_life(*waiting_ns) >= 0.1)
        .map(|(category, _)| category)
}

#[cfg(test)]
mod tests {
    use super::Alike;
    use crate::facts::contention_tests::{futex_thread, record_of};
    use crate::{Analysis, ThreadAnalysis};

    #[test]
    fn the_member_that_did_most_is_told_of_and_not_an_idle_one() {
        let threads = [(2, 0), (3, 700), (4, 700), (5, 10)];
        let threads = threads.map(|(tid, user_ns)| futex_thread(tid, user_ns, 1000 - user_ns));
        let record = record_of(threads.to_vec(), &[]);
        let analysis = Analysis::of(&record);
        let members: Vec<&ThreadAnalysis<'_>> = analysis.threads.iter().collect();
        assert_eq!(Alike { members }.busiest().thread.tid, 3);
    }
}
