//! Records by what threads do: each thing that a thread does adds to its time, its calls and its
//! waits alike, so that a record made by hand agrees with itself.
//!
//! Left out on purpose: how calls were distributed in time.

use syscalls::Sysno;
use whywait_record::{
    Backend, Breadth, Call, Command, Control, Cost, Descriptor, DescriptorId, DescriptorKind,
    Detail, Histogram, Losses, OpenDescriptor, Process, Record, RingOperations, Syscall, Thread,
    Wait, Wake, Waker,
};
use whywait_report::ThreadModel;

use super::thread_of;
use crate::Analysis;

const MS: u64 = 1_000_000;

/// A record that is being made. What is said of a thread is said of the last one that was added.
pub(super) struct Scenario {
    record: Record,
}

/// Calls of one kind.
#[derive(Clone, Copy)]
pub(super) struct Calls {
    number: Sysno,
    kind: DescriptorKind,
    breadth: Breadth,
    control: Control,
    count: u64,
    would_block: u64,
    empty: u64,
    slept: u64,
    each_ns: u64,
    brought: bool,
    on: u32,
    listening: bool,
}

/// So many calls on one descriptor, none of which sleeps.
pub(super) fn calls(number: Sysno, kind: DescriptorKind, count: u64) -> Calls {
    Calls {
        number,
        kind,
        breadth: Breadth::NotApplicable,
        control: Control::Blocking,
        count,
        would_block: 0,
        empty: 0,
        slept: 0,
        each_ns: 0,
        brought: false,
        on: 0,
        listening: false,
    }
}

impl Calls {
    /// So many milliseconds each, asleep.
    pub(super) fn sleeping_ms(self, each_ms: u64) -> Self {
        Self { slept: self.count, each_ns: each_ms * MS, ..self }
    }

    /// The sleeps were ended by another watched thread.
    pub(super) fn brought(self) -> Self {
        Self { brought: true, ..self }
    }

    pub(super) fn of(self, breadth: Breadth) -> Self {
        Self { breadth, ..self }
    }

    /// Made so that they return at once, and all in vain.
    pub(super) fn empty_polls(self) -> Self {
        let (would_block, empty) =
            if self.breadth == Breadth::Many { (0, self.count) } else { (self.count, 0) };
        Self { control: Control::NonBlocking, would_block, empty, ..self }
    }

    /// On the descriptor of that number of the process, of which each is another one.
    pub(super) fn on(self, number: u32) -> Self {
        Self { on: number, ..self }
    }

    /// The descriptor waits for connections.
    pub(super) fn listening(self) -> Self {
        Self { listening: true, ..self }
    }
}

impl Scenario {
    /// A program whose first process is 100, with its first thread.
    pub(super) fn new() -> Self {
        let record = Record {
            capture: whywait_record::Capture::default(),
            detail: Detail::Full,
            backend: Backend::Bpf,
            wall_ns: 0,
            root_pid: 100,
            ending: None,
            processes: Vec::new(),
            descriptors: Vec::new(),
            wakes: Vec::new(),
            slow_calls: Vec::new(),
            slow_call_ns: MS,
            timeline: None,
            cost: Cost::default(),
            losses: Losses::default(),
            not_watched: Vec::new(),
        };
        Self { record }.process(100, None, "program")
    }

    /// Adds a process with its first thread.
    pub(super) fn process(mut self, pid: u32, parent: Option<u32>, program: &str) -> Self {
        let maker =
            parent.and_then(|parent| self.record.processes.iter_mut().find(|p| p.pid == parent));
        if let Some(maker) = maker {
            maker.threads[0].processes_created += 1;
        }
        let command = Command {
            arguments: vec![program.to_owned()],
            executable: Some(format!("/bin/{program}")),
        };
        self.record.processes.push(Process {
            parent_pid: parent,
            execs: 1,
            ..Process::begun(pid, command, 0)
        });
        self.add_thread(pid, program, parent)
    }

    /// Adds a thread to the last process, made by its first one.
    pub(super) fn thread(mut self, tid: u32, name: &str) -> Self {
        let main = &mut self.record.processes.last_mut().expect("the first is there").threads[0];
        main.threads_created += 1;
        let maker = main.tid;
        self.add_thread(tid, name, Some(maker))
    }

    fn add_thread(mut self, tid: u32, name: &str, created_by: Option<u32>) -> Self {
        let thread = Thread { created_by, ..thread_of(tid, name, 0) };
        self.record.processes.last_mut().expect("it was just added").threads.push(thread);
        self
    }

    fn last(&mut self) -> &mut Thread {
        let process = self.record.processes.last_mut().expect("the first is there");
        process.threads.last_mut().expect("each has one")
    }

    /// The last thread computes.
    pub(super) fn cpu_ms(mut self, length_ms: u64) -> Self {
        let thread = self.last();
        thread.time.user_ns += length_ms * MS;
        thread.lived_ns += length_ms * MS;
        self
    }

    /// The last thread computes, and that is asking in vain.
    pub(super) fn spins_ms(mut self, length_ms: u64) -> Self {
        self.last().time.spinning_ns += length_ms * MS;
        self.cpu_ms(length_ms)
    }

    /// The last thread makes calls.
    pub(super) fn does(mut self, calls: Calls) -> Self {
        let pid = self.record.processes.last().expect("the first is there").pid;
        let descriptor = self.descriptor(pid, calls);
        let slept_ns = calls.slept * calls.each_ns;
        let by_program_ns = if calls.brought { slept_ns } else { 0 };
        let thread = self.last();
        thread.time.waiting_ns += slept_ns;
        thread.lived_ns += slept_ns;
        thread.calls.push(Call {
            syscall: Syscall::of(calls.number),
            kind: calls.kind,
            control: calls.control,
            breadth: calls.breadth,
            count: calls.count,
            would_block: calls.would_block,
            failed: 0,
            empty: calls.empty,
            slept: calls.slept,
            returned: 0,
            tiny: 0,
            total_ns: slept_ns,
            latency: Histogram::default(),
            example: descriptor,
        });
        if calls.slept > 0 {
            thread.waits.push(Wait {
                syscall: Some(Syscall::of(calls.number)),
                descriptor,
                kind: calls.kind,
                control: calls.control,
                breadth: calls.breadth,
                count: calls.slept,
                total_ns: slept_ns,
                waiting_ns: slept_ns,
                runnable_ns: 0,
                kernel_ns: 0,
                disk_ns: 0,
                handed_over_ns: 0,
                by_program_ns,
                longest_ns: calls.each_ns,
                stalls: whywait_record::Stalls::default(),
                latency: Histogram::default(),
            });
        }
        self
    }

    fn descriptor(&mut self, pid: u32, calls: Calls) -> Option<DescriptorId> {
        if calls.kind == DescriptorKind::None {
            return None;
        }
        let fd = Some(i32::try_from(calls.on).expect("tests use small numbers") + 3);
        let known =
            self.record.descriptors.iter().position(|known| known.pid == pid && known.fd == fd);
        let index = known.unwrap_or_else(|| {
            self.record.descriptors.push(Descriptor {
                pid,
                fd,
                kind: calls.kind,
                path: None,
                peer: (!calls.listening).then(|| "127.0.0.1:9".to_owned()),
                local: Some("127.0.0.1:80".to_owned()),
            });
            self.record.descriptors.len() - 1
        });
        Some(DescriptorId(u32::try_from(index).expect("tests have few")))
    }

    /// The last thread gave requests to an io_uring.
    pub(super) fn requests(mut self, submitted: u64) -> Self {
        let operations = RingOperations { opcode: 22, submitted, punted: 0 };
        self.last().ring_operations.push(operations);
        self
    }

    /// What the last thread was given came back: so much of what it waited in futex(2).
    pub(super) fn handed_over_ms(mut self, length_ms: u64) -> Self {
        let futex = Some(Syscall::of(Sysno::futex));
        let thread = self.last();
        let wait = thread.waits.iter_mut().find(|wait| wait.syscall == futex);
        wait.expect("it waited in futex").handed_over_ns += length_ms * MS;
        self
    }

    /// The last process began and ended with the one before it.
    pub(super) fn with_the_one_before(mut self) -> Self {
        let processes = &mut self.record.processes;
        let (last, before) = processes.split_last_mut().expect("the first is there");
        let beside = before.last().expect("two were added");
        last.began_at_ns = beside.began_at_ns;
        last.ended_at_ns = Some(last.began_at_ns + last.threads[0].lived_ns);
        self
    }

    /// A thread ended sleeps of another one.
    pub(super) fn wakes(
        mut self,
        (waker, sleeper): (u32, u32),
        number: Sysno,
        count: u64,
        each_ms: u64,
    ) -> Self {
        self.record.wakes.push(Wake {
            waker: Waker::Thread(waker),
            sleeper,
            syscall: Some(Syscall::of(number)),
            count,
            waited_ns: count * each_ms * MS,
        });
        self
    }

    /// The last thread ended before watching did.
    pub(super) fn ends(mut self) -> Self {
        let thread = self.last();
        thread.ended_at_ns = Some(thread.began_at_ns + thread.lived_ns);
        self
    }

    /// The last thread is one that the kernel made for an io_uring.
    pub(super) fn io_worker(mut self) -> Self {
        self.last().io_worker = true;
        self
    }

    /// The last process began later, when the one before it had ended.
    pub(super) fn after_the_one_before(mut self) -> Self {
        let processes = &mut self.record.processes;
        let (last, before) = processes.split_last_mut().expect("the first is there");
        let previous = before.last_mut().expect("two were added");
        let end_ns = previous.began_at_ns + previous.threads[0].lived_ns;
        previous.ended_at_ns = Some(end_ns);
        last.began_at_ns = end_ns;
        self
    }

    /// The last process ran before watching began, and had these sockets open: a listening one, and
    /// connections that it or another had accepted, which an epoll of its own watches or not.
    pub(super) fn attached(
        mut self,
        has_listener: bool,
        connections: u32,
        is_watched: bool,
    ) -> Self {
        let pid = self.record.processes.last().expect("the first is there").pid;
        let mut open = Vec::new();
        let mut add = |fd: i32, kind, peer: Option<String>, listening, watches| {
            let local = (kind == DescriptorKind::Tcp).then(|| "127.0.0.1:80".to_owned());
            self.record.descriptors.push(Descriptor {
                pid,
                fd: Some(fd),
                kind,
                path: None,
                peer,
                local,
            });
            let index = u32::try_from(self.record.descriptors.len() - 1).expect("tests have few");
            open.push(OpenDescriptor { fd, descriptor: DescriptorId(index), listening, watches });
        };
        if has_listener {
            add(1000, DescriptorKind::Tcp, None, true, Vec::new());
        }
        let numbers: Vec<i32> = (2000..).take(connections as usize).collect();
        for &fd in &numbers {
            let peer = format!("127.0.0.1:{}", 10_000 + i64::from(pid) * 10 + i64::from(fd));
            add(fd, DescriptorKind::Tcp, Some(peer), false, Vec::new());
        }
        let watches = if is_watched { numbers } else { vec![1000] };
        add(1001, DescriptorKind::Epoll, None, false, watches);
        let process = self.record.processes.last_mut().expect("the first is there");
        (process.execs, process.age_ns, process.began_at_ns) = (0, 1000 * MS, MS);
        process.descriptors = open;
        process.threads.iter_mut().for_each(|thread| thread.created_by = None);
        self
    }

    /// The last thread was there before watching began.
    pub(super) fn preexisting(mut self) -> Self {
        self.last().created_by = None;
        self
    }

    /// The record, watched in full detail.
    pub(super) fn full(mut self) -> Record {
        let threads = self.record.processes.iter().flat_map(|process| &process.threads);
        self.record.wall_ns = threads.map(|thread| thread.lived_ns).max().unwrap_or(0);
        self.record
    }

    /// The record, watched in light detail.
    pub(super) fn light(self) -> Record {
        let mut record = self.full();
        record.detail = Detail::Light;
        for thread in record.processes.iter_mut().flat_map(|process| &mut process.threads) {
            thread.calls.clear();
            thread.ring_operations.clear();
            thread.time.spinning_ns = 0;
        }
        record
    }
}

/// The model of one thread of a record.
#[track_caller]
pub(super) fn model_of(record: &Record, tid: u32) -> ThreadModel {
    let analysis = Analysis::of(record);
    let one = analysis.thread(tid).expect("the scenario has it");
    assert!((0.0..=1.0).contains(&one.confidence), "{}", one.confidence);
    assert!(!one.evidence.is_empty());
    one.model
}
