//! A record, with what its threads and the program as a whole were classified as.

use std::collections::HashMap;

use whywait_record::{Process, Record, Thread};
use whywait_report::{Quadrant, Shape, ThreadModel};

use crate::Ledger;
use crate::facts::{Network, Profile, RecordFacts, ThreadFacts};
use crate::rules::{Classification, Doubt, RuleSet};
use crate::shapes::{self, ShapeClass};

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
    /// By which rules that is its shape.
    pub(crate) shape_class: ShapeClass,
    by_tid: HashMap<u32, usize>,
}

/// The threads of a record, classified: what the shape is recognised by.
#[derive(Debug)]
pub(crate) struct ClassifiedThreads<'n, 'a> {
    pub(crate) record: &'a Record,
    /// In the order of the record.
    pub(crate) threads: Vec<ThreadAnalysis<'a>>,
    /// Who listens, and who serves which connections.
    pub(crate) network: &'n Network,
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
    /// The rule that decided; none where none matches.
    pub rule: Option<&'static str>,
    /// How sure that is, 0 to 1: the lower bound of the precision of the rule, 1 where the kernel
    /// says so.
    pub confidence: f64,
    /// Why it is uncertain; none if it is not.
    pub(crate) doubt: Option<Doubt>,
    /// What speaks for it: a sentence, escaped.
    pub evidence: String,
    /// Whether it and other threads wait for each other in turn, for a lock.
    pub contends: bool,
    /// What it did, in the numbers by which models differ.
    pub(crate) profile: Profile,
    /// What it was classified by.
    pub(crate) facts: ThreadFacts<'a>,
}

impl<'a> Analysis<'a> {
    /// Classifies the threads of a record and the program by every rule.
    #[must_use]
    pub fn of(record: &'a Record) -> Self {
        Self::with(record, &RecordFacts::of(record), &RuleSet::all())
    }

    /// Classifies the threads of a record, of which these are the facts, by the rules of a set; then
    /// the program by what its threads are.
    #[must_use]
    pub fn with(record: &'a Record, facts: &RecordFacts<'a>, rules: &RuleSet) -> Self {
        let threads = classify(&facts.threads, rules);
        let classified = ClassifiedThreads { record, threads, network: &facts.network };
        let shape_class = ShapeClass::of(&classified, rules);
        let threads = classified.threads;
        let by_tid =
            threads.iter().enumerate().map(|(index, one)| (one.thread.tid, index)).collect();
        let shape = shape_class.class.class;
        let quadrant = shapes::row_of(shape).and_then(|row| row.quadrant);
        Self { record, threads, shape, quadrant, shape_class, by_tid }
    }

    /// The thread of that number.
    #[must_use]
    pub fn thread(&self, tid: u32) -> Option<&ThreadAnalysis<'a>> {
        self.by_tid.get(&tid).map(|&index| &self.threads[index])
    }

    /// The rule that decided the shape; none where none matches.
    #[must_use]
    pub fn shape_rule(&self) -> Option<&'static str> {
        self.shape_class.class.rule()
    }

    /// Whether the rules of two sets say the same of each thread and of the program, and for the
    /// same reasons.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let said = |one: &Self| -> Vec<_> {
            one.threads.iter().map(|one| (one.model, one.rule, one.doubt)).collect()
        };
        self.shape == other.shape && said(self) == said(other)
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

/// Classifies threads by what they do themselves, then by what those that were created alike do.
fn classify<'a>(threads: &[ThreadFacts<'a>], rules: &RuleSet) -> Vec<ThreadAnalysis<'a>> {
    let alone: Vec<_> = threads.iter().map(|facts| Classification::of(facts, rules)).collect();
    let kin = WorkerKin::of(threads, &alone);
    let with_kin = |(facts, alone): (&ThreadFacts<'a>, Classification)| {
        let mut facts = facts.clone();
        facts.lineage.kin_workers = kin.share(&facts);
        let is_alone = facts.lineage.kin_workers <= 0.0;
        let class = if is_alone { alone } else { Classification::of(&facts, rules) };
        ThreadAnalysis::of(facts, &class, rules)
    };
    threads.iter().zip(alone).map(with_kin).collect()
}

/// By what threads share that were created alike, how many they are and how many are pool workers.
struct WorkerKin<'a>(HashMap<(u32, Option<u32>, &'a str), (u64, u64)>);

impl<'a> WorkerKin<'a> {
    fn of(threads: &[ThreadFacts<'a>], classes: &[Classification]) -> Self {
        let mut kin: HashMap<_, (u64, u64)> = HashMap::new();
        for (facts, class) in threads.iter().zip(classes).filter(|(facts, _)| !facts.is_main()) {
            let (all, workers) = kin.entry(facts.kin_key()).or_default();
            let count = facts.merged_count();
            *all = all.saturating_add(count);
            if class.class == ThreadModel::PoolWorker {
                *workers = workers.saturating_add(count);
            }
        }
        Self(kin)
    }

    /// The part of those like a thread that are pool workers, 0 to 1; 0 of a process's first thread.
    fn share(&self, facts: &ThreadFacts<'a>) -> f64 {
        if facts.is_main() {
            return 0.0;
        }
        let (all, workers) = self.0.get(&facts.kin_key()).copied().unwrap_or_default();
        crate::share(workers, all)
    }
}

impl<'a> ClassifiedThreads<'_, 'a> {
    /// All threads of one model, in the order of the record.
    pub(crate) fn threads_of(
        &self,
        model: ThreadModel,
    ) -> impl Iterator<Item = &ThreadAnalysis<'a>> {
        self.threads.iter().filter(move |one| one.model == model)
    }
}

impl<'a> ThreadAnalysis<'a> {
    fn of(facts: ThreadFacts<'a>, class: &Classification, rules: &RuleSet) -> Self {
        let remark = class.remark(rules).map(|remark| format!(" {remark}")).unwrap_or_default();
        let &ThreadFacts { process, thread, ledger, contends, profile, .. } = &facts;
        Self {
            process,
            thread,
            ledger,
            model: class.class,
            rule: class.rule(),
            confidence: class.confidence(rules),
            doubt: class.doubt(rules),
            evidence: class.evidence(&facts) + &remark,
            contends,
            profile,
            facts,
        }
    }

    /// Why its model is uncertain, as a sentence; none if it is not.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        self.doubt.as_ref().map(Doubt::sentence)
    }

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
