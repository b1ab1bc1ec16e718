//! A record, with what each of its threads turned out to be.
//!
//! Left out on purpose: how a model is recognised (`models`), and what is wrong (`findings`).

use std::collections::HashMap;

use crate::{Contention, Ledger};
use whywait_record::{Process, Record, Thread};
use whywait_report::{Quadrant, Shape, ThreadModel};

use crate::lineage::{Lineage, name_stem};
use crate::models::{self, Classification, ThreadFacts};
use crate::profile::Profile;
use crate::{quadrant, shapes};

/// A thread that waits for locks for less than this share of its life has none in its way.
const LEAST_CONTENTION: f64 = 0.02;

/// A record, with what each of its threads and the program as a whole turned out to be: what a
/// finding is looked for in.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// What was seen.
    pub record: &'a Record,
    /// Every thread, in the order of the record.
    pub threads: Vec<ThreadAnalysis<'a>>,
    /// How the program as a whole is built.
    pub shape: Shape,
    /// How its threads that do I/O wait; none where they do none, or differ.
    pub quadrant: Option<Quadrant>,
    by_tid: HashMap<u32, usize>,
}

/// A thread, and what it turned out to be.
#[derive(Clone, Debug)]
pub struct ThreadAnalysis<'a> {
    /// Whose it is.
    pub process: &'a Process,
    /// What was seen of it.
    pub thread: &'a Thread,
    /// Where its time went.
    pub ledger: Ledger,
    /// Which I/O model it uses.
    pub model: ThreadModel,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// What speaks for it: a sentence, escaped.
    pub evidence: String,
    /// Whether it and other threads wait for each other in turn, for a lock.
    pub contends: bool,
    /// What it did, in the numbers by which models differ.
    pub(crate) profile: Profile,
}

impl<'a> Analysis<'a> {
    /// Studies a record.
    #[must_use]
    pub fn of(record: &'a Record) -> Self {
        let contention = Contention::of(record);
        let lineage = Lineage::of(record);
        let mut threads: Vec<ThreadAnalysis<'a>> = record
            .threads()
            .map(|(process, thread)| {
                let ledger = Ledger::with(thread, &contention);
                let for_locks = crate::share(ledger.lock_ns, ledger.lived_ns());
                let contends = contention.contends(thread.tid) && for_locks >= LEAST_CONTENTION;
                let subject =
                    ThreadFacts::of(record, (process, thread), &ledger, &lineage, contends);
                let Classification { model, confidence, evidence } = models::classify(&subject);
                let profile = subject.profile;
                ThreadAnalysis {
                    process,
                    thread,
                    ledger,
                    model,
                    confidence,
                    evidence,
                    contends,
                    profile,
                }
            })
            .collect();
        follow_kin(&mut threads);
        let by_tid =
            threads.iter().enumerate().map(|(index, one)| (one.thread.tid, index)).collect();
        let mut analysis = Self { record, threads, shape: Shape::Unknown, quadrant: None, by_tid };
        analysis.shape = shapes::shape_of(&analysis);
        analysis.quadrant = quadrant::quadrant_of(&analysis);
        analysis
    }

    /// The thread of that number.
    #[must_use]
    pub fn thread(&self, tid: u32) -> Option<&ThreadAnalysis<'a>> {
        self.by_tid.get(&tid).map(|&index| &self.threads[index])
    }

    /// All threads of one model, in the order of the record.
    pub fn threads_of(&self, model: ThreadModel) -> impl Iterator<Item = &ThreadAnalysis<'a>> {
        self.threads.iter().filter(move |one| one.model == model)
    }

    /// The threads of one process, in the order of the record.
    pub fn threads_in(&self, pid: u32) -> impl Iterator<Item = &ThreadAnalysis<'a>> {
        self.threads.iter().filter(move |one| one.process.pid == pid)
    }
}

/// For how many threads all of these stand.
pub(crate) fn how_many<'s, 'a: 's>(threads: impl Iterator<Item = &'s ThreadAnalysis<'a>>) -> u64 {
    threads.fold(0, |sum, one| sum.saturating_add(one.thread.merged_count.max(1)))
}

/// Makes workers of threads whose kin are workers: one that always had work never waited for some.
fn follow_kin(threads: &mut [ThreadAnalysis<'_>]) {
    let kin_of = |one: &ThreadAnalysis<'_>| {
        let stem = name_stem(&one.thread.name).to_owned();
        (!one.is_main()).then_some((one.process.pid, one.thread.created_by, stem))
    };
    // How many there are of each kin, and how many of them are workers.
    let mut kin: HashMap<_, (u64, u64)> = HashMap::new();
    for one in threads.iter() {
        let Some(key) = kin_of(one) else { continue };
        let (all, workers) = kin.entry(key).or_default();
        let count = one.thread.merged_count.max(1);
        *all = all.saturating_add(count);
        if one.model == ThreadModel::PoolWorker {
            *workers = workers.saturating_add(count);
        }
    }
    for one in threads.iter_mut() {
        let (all, workers) = kin_of(one).and_then(|key| kin.get(&key)).copied().unwrap_or_default();
        let may_be_one = matches!(one.model, ThreadModel::Blocking | ThreadModel::Cpu);
        if may_be_one && workers.saturating_mul(2) > all {
            one.model = ThreadModel::PoolWorker;
            one.evidence.push_str(&format!(
                " {workers} of the {all} threads made alike wait for work that others bring."
            ));
        }
    }
}

impl ThreadAnalysis<'_> {
    /// Whether it is the one in which the process began.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.thread.tid == self.process.pid
    }

    /// A length as a share of the thread's life, 0 to 1; 0 of a thread that did not live.
    #[must_use]
    pub fn share_of_life(&self, length_ns: u64) -> f64 {
        crate::share(length_ns, self.ledger.lived_ns())
    }
}
