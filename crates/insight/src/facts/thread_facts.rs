//! Everything that is true of one thread.

use whywait_record::{Detail, Process, Record, Thread};

use super::lineage::{KinFacts, WaitedFor, name_stem, rests_on_threads};
use whywait_report::ThreadModel;

use super::{Contention, Ledger, Lineage, Network, Profile, Seen, Subject};
use crate::words::percent;

/// A thread that waits for locks for less than this share of its life does not contend.
const LEAST_CONTENTION: f64 = 0.02;

/// Threads, as the subject of facts and rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfThread;

impl Subject for OfThread {
    type Facts<'a> = ThreadFacts<'a>;
    type Class = ThreadModel;
    const UNKNOWN: ThreadModel = ThreadModel::Unknown;

    fn name(class: ThreadModel) -> &'static str {
        class.name()
    }
}

/// Everything that is true of one thread.
#[derive(Clone, Debug)]
pub(crate) struct ThreadFacts<'a> {
    /// The process that it belongs to.
    pub process: &'a Process,
    /// What was observed of it.
    pub thread: &'a Thread,
    /// Where its time went.
    pub ledger: Ledger,
    /// Whether it and other threads wait for each other in turn, for a lock.
    pub contends: bool,
    pub(crate) profile: Profile,
    pub(crate) lineage: LineageFacts,
    pub(crate) detail: Detail,
    /// How long was watched.
    pub(crate) wall_ns: u64,
}

/// What a thread is to others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineageFacts {
    /// Whether a thread that accepts connections and delegates them created it.
    pub(crate) made_by_acceptor: bool,
    /// Whether its process was created for one connection.
    pub(crate) is_single_connection_child: bool,
    /// Iterations of the loop that iterates most among the other threads of its process.
    pub(crate) peer_iterations: u64,
    /// Whether its process and those created alike serve one connection at a time.
    pub(crate) one_at_a_time: bool,
    /// Whether its process has a listening socket.
    pub(crate) listens: bool,
    /// How many processes its process created for one connection each.
    pub(crate) single_connection_children: u64,
    /// How many threads of its process accept connections.
    pub(crate) acceptors_in_process: u64,
    /// How many waits of loops for events it ended.
    pub(crate) answers: u64,
    /// How many threads, or processes of one thread each, were created alike, itself included.
    pub(crate) alike: u64,
    /// Who created it, as far as that is known.
    pub(crate) maker: Option<u32>,
    /// What these threads did together.
    pub(crate) kin: KinFacts,
    /// The part of these that are pool workers by what they do themselves, 0 to 1.
    pub(crate) kin_workers: f64,
    /// Who ended its waits in futex(2).
    pub(crate) waited_for: WaitedFor,
    /// Whether all that it waits for is other threads.
    pub(crate) rests_on_threads: bool,
}

impl<'a> ThreadFacts<'a> {
    pub(crate) fn of(
        record: &'a Record,
        (process, thread): (&'a Process, &'a Thread),
        profile: Profile,
        (contention, network, lineage): (&Contention, &Network, &Lineage),
    ) -> Self {
        let ledger = Ledger::with(thread, contention);
        let for_locks = crate::share(ledger.lock_ns, ledger.lived_ns());
        let is_main = thread.tid == process.pid;
        let kin = lineage.kin(process, thread);
        Self {
            process,
            thread,
            ledger,
            contends: contention.contends(thread.tid) && for_locks >= LEAST_CONTENTION,
            profile,
            lineage: LineageFacts {
                made_by_acceptor: lineage.made_by_acceptor(process, thread),
                is_single_connection_child: lineage.is_single_connection_child(process.pid),
                peer_iterations: lineage.peer_iterations(process, thread),
                one_at_a_time: network.serves_one_at_a_time(process),
                listens: network.listens(process.pid),
                single_connection_children: lineage.single_connection_child_count(process.pid),
                acceptors_in_process: lineage.acceptors_in(process.pid),
                answers: lineage.answers(thread.tid),
                alike: match is_main {
                    true => lineage.processes_alike(process),
                    false => kin.size.max(1),
                },
                maker: lineage.maker_of(process, thread),
                kin,
                kin_workers: 0.0,
                waited_for: lineage.waited_for(thread.tid),
                rests_on_threads: rests_on_threads(thread),
            },
            detail: record.detail,
            wall_ns: record.wall_ns,
        }
    }

    /// Whether it is the thread in which its process began.
    #[must_use]
    pub(crate) fn is_main(&self) -> bool {
        self.thread.tid == self.process.pid
    }

    /// What it shares with threads that were created alike.
    pub(crate) fn kin_key(&self) -> (u32, Option<u32>, &'a str) {
        (self.process.pid, self.lineage.maker, name_stem(&self.thread.name))
    }

    /// How many threads it stands for, at least 1.
    pub(crate) fn merged_count(&self) -> u64 {
        self.thread.merged_count.max(1)
    }

    /// A length as a share of the thread's life, 0 to 1; 0 of a thread that did not live.
    #[must_use]
    pub(crate) fn share_of_life(&self, length_ns: u64) -> f64 {
        crate::share(length_ns, self.ledger.lived_ns())
    }

    /// A length as a share of the time in which it did not wait for a CPU, 0 to 1. How busy the
    /// machine is must not decide what a thread is.
    pub(crate) fn share(&self, length_ns: u64) -> f64 {
        let ready_ns = self.ledger.runnable_ns;
        crate::share(length_ns, self.ledger.lived_ns().saturating_sub(ready_ns))
    }

    /// A length as a share of the time in which it slept, 0 to 1.
    pub(crate) fn share_of_waiting(&self, length_ns: u64) -> f64 {
        crate::share(length_ns, self.ledger.waiting_ns())
    }

    /// A length as a share of the thread's life, as a sentence has it.
    pub(crate) fn of_life(&self, length_ns: u64) -> String {
        format!("{} of its life", percent(self.share_of_life(length_ns)))
    }

    /// Whether its beginning was watched, so that what it created is known.
    pub(crate) fn saw_beginning(&self) -> bool {
        let is_new = self.process.age_ns == 0 && self.process.began_at_ns > 0;
        is_new || self.thread.created_by.is_some() || self.process.execs > 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.detail == Detail::Full
    }

    /// A number of calls, of which light detail knows only those that slept.
    pub(crate) fn calls(&self, number: u64) -> Seen {
        if self.is_full() { Seen::Exact(number as f64) } else { Seen::Sampled(number as f64) }
    }

    /// A number that only full detail has.
    pub(crate) fn in_full(&self, number: u64) -> Seen {
        if self.is_full() { Seen::Exact(number as f64) } else { Seen::Unseen }
    }
}
