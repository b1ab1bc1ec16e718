//! Which I/O model a thread uses: a file for each model, and a row of [`THREAD_MODELS`].
//!
//! Every row looks at the thread by itself and says how sure it is; the surest wins, of equally
//! sure ones the first. A model that follows from structure (who made the thread, who ends its
//! waits, which calls it returns to) is surer than one that follows from where the time went, so
//! that a loop under full load is still a loop.
//!
//! Left out on purpose: how the program as a whole is built (`shapes`).

mod acceptor;
mod blocking;
mod connection;
mod cpu;
mod event_loop;
mod idle;
mod pool_worker;
mod spinner;
mod uring_loop;
mod waits_for_children;
mod waits_on_helper;

pub(crate) use event_loop::LEAST_ITERATIONS;

use crate::Ledger;
use whywait_record::{Detail, Process, Record, Thread};
use whywait_report::ThreadModel;

use crate::lineage::Lineage;
use crate::profile::Profile;
use crate::words::percent;

/// A model of threads.
pub(crate) struct ModelRow {
    /// Which.
    pub(crate) model: ThreadModel,
    /// Whether a thread uses it; none if it does not.
    pub(crate) classify: fn(&ThreadFacts<'_>) -> Option<Match>,
}

/// Every model that is recognised.
pub(crate) const THREAD_MODELS: &[ModelRow] = &[
    ModelRow { model: ThreadModel::Spinner, classify: spinner::classify },
    ModelRow { model: ThreadModel::UringLoop, classify: uring_loop::classify },
    ModelRow { model: ThreadModel::EventLoop, classify: event_loop::classify },
    ModelRow { model: ThreadModel::Acceptor, classify: acceptor::classify },
    ModelRow { model: ThreadModel::Connection, classify: connection::classify },
    ModelRow { model: ThreadModel::PoolWorker, classify: pool_worker::classify },
    ModelRow { model: ThreadModel::WaitsOnHelper, classify: waits_on_helper::classify },
    ModelRow { model: ThreadModel::WaitsForChildren, classify: waits_for_children::classify },
    ModelRow { model: ThreadModel::Cpu, classify: cpu::classify },
    ModelRow { model: ThreadModel::Blocking, classify: blocking::classify },
    ModelRow { model: ThreadModel::Idle, classify: idle::classify },
];

/// How much a thread looks like one of a model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    /// How sure that is, 0 to 1, as if everything had been seen.
    pub(crate) confidence: f64,
    /// What speaks for it: a sentence, escaped.
    pub(crate) evidence: String,
}

/// What a thread turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Classification {
    /// Which model it uses.
    pub(crate) model: ThreadModel,
    /// How sure that is, 0 to 1.
    pub(crate) confidence: f64,
    /// What speaks for it: a sentence, escaped.
    pub(crate) evidence: String,
}

/// A thread, with all that a model is recognised by.
pub(crate) struct ThreadFacts<'a> {
    pub(crate) process: &'a Process,
    pub(crate) thread: &'a Thread,
    pub(crate) ledger: &'a Ledger,
    pub(crate) profile: Profile,
    pub(crate) lineage: &'a Lineage,
    /// Whether it contends with others for a lock.
    pub(crate) contends: bool,
    detail: Detail,
    /// Which part of what a model is recognised by was lost, 0 to 1; none if nothing was.
    lost: Option<f64>,
}

/// What sureness is multiplied with where only sleeps were seen, and no calls.
const LIGHT: f64 = 0.9;

/// What it loses where anything was lost, and how much more where everything was.
const LOST_SOMETHING: f64 = 0.03;
const LOST_ALL: f64 = 0.37;

impl<'a> ThreadFacts<'a> {
    pub(crate) fn of(
        record: &'a Record,
        (process, thread): (&'a Process, &'a Thread),
        ledger: &'a Ledger,
        lineage: &'a Lineage,
        contends: bool,
    ) -> Self {
        Self {
            process,
            thread,
            ledger,
            profile: Profile::of(record, thread),
            lineage,
            contends,
            detail: record.detail,
            lost: lost_of(record, thread),
        }
    }

    /// A length as a share of the time in which the thread had a CPU when it wanted one, 0 to 1.
    /// How busy the machine is must not decide what a thread is.
    pub(crate) fn share(&self, length_ns: u64) -> f64 {
        let ready_ns = self.ledger.runnable_ns;
        crate::share(length_ns, self.ledger.lived_ns().saturating_sub(ready_ns))
    }

    /// A length as a share of the thread's life, as a sentence has it.
    pub(crate) fn of_life(&self, length_ns: u64) -> String {
        let share = crate::share(length_ns, self.ledger.lived_ns());
        format!("{} of its life", percent(share))
    }

    /// A length as a share of the time for which it slept, 0 to 1.
    pub(crate) fn share_of_waiting(&self, length_ns: u64) -> f64 {
        crate::share(length_ns, self.ledger.waiting_ns())
    }

    /// Whether it is the thread in which its process began.
    pub(crate) fn is_main(&self) -> bool {
        self.thread.tid == self.process.pid
    }

    /// How many threads, or processes of one thread each, are made alike, itself included.
    pub(crate) fn alike(&self) -> u64 {
        if self.is_main() {
            self.lineage.processes_alike(self.process)
        } else {
            self.lineage.threads_alike(self.process, self.thread)
        }
    }

    /// Whether its beginning was watched, so that what it made is known.
    pub(crate) fn saw_beginning(&self) -> bool {
        self.thread.began_at_ns > 0 || self.thread.created_by.is_some() || self.process.execs > 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.detail == Detail::Full
    }

    /// Whether it is known to have had to do with no socket: it serves no connection, whoever made
    /// it. Runtimes have such threads too, for themselves.
    pub(crate) fn has_nothing_to_serve(&self) -> bool {
        self.is_full() && self.profile.sockets == 0 && self.profile.served == 0
    }
}

/// Which part of what there was to see of a thread may have been lost, if all of it was this
/// thread's; none if nothing was lost. Waits whose descriptor was not kept are there, with their
/// call and their time.
fn lost_of(record: &Record, thread: &Thread) -> Option<f64> {
    let lost = record.losses.total().saturating_sub(record.losses.waits);
    let calls = thread.calls.iter().map(|call| call.count);
    let seen = calls.fold(thread.switches.voluntary, u64::saturating_add);
    (lost > 0).then(|| crate::share(lost, lost.saturating_add(seen)))
}

/// What a thread turned out to be.
pub(crate) fn classify(subject: &ThreadFacts<'_>) -> Classification {
    let seen = if subject.is_full() { 1.0 } else { LIGHT };
    let kept = subject.lost.map_or(1.0, |lost| 1.0 - LOST_SOMETHING - LOST_ALL * lost);
    let mut best: Option<Classification> = None;
    for row in THREAD_MODELS {
        let Some(Match { confidence, evidence }) = (row.classify)(subject) else { continue };
        let confidence = (confidence * seen * kept).clamp(0.0, 1.0);
        if best.as_ref().is_none_or(|best| confidence > best.confidence) {
            best = Some(Classification { model: row.model, confidence, evidence });
        }
    }
    best.unwrap_or_else(|| Classification {
        model: ThreadModel::Unknown,
        confidence: 0.0,
        evidence: "Nothing that was seen tells.".to_owned(),
    })
}
