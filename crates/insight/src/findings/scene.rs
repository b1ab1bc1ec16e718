//! Records for tests, made by hand: one thread of one process that lives for 10 s, and what the
//! test adds. Histograms are left empty.

use syscalls::Sysno;
use whywait_record::{
    Backend, Breadth, Call, Command, Control, Cost, Descriptor, DescriptorId, DescriptorKind,
    Detail, Histogram, Losses, Process, Purpose, Record, SlowCall, Stalls, Syscall, Thread, Wait,
    Wake, Waker,
};
use whywait_report::{Shape, ThreadModel};

use crate::Analysis;
use crate::testing::thread_of;

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1000 * MS;

const ROOT: u32 = 100;

/// A record, and which models and shape its analysis is to have in spite of it.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) record: Record,
    /// The model of the first thread.
    pub(crate) model: Option<ThreadModel>,
    /// The model of all others.
    pub(crate) others: Option<ThreadModel>,
    pub(crate) shape: Option<Shape>,
    /// The thread to which things are added.
    current: usize,
}

pub(crate) fn call(number: Sysno) -> Option<Syscall> {
    Some(Syscall::of(number))
}

impl Scene {
    /// A thread that does nothing for 10 s.
    pub(crate) fn new() -> Self {
        Self::lasting(10 * SECOND)
    }

    pub(crate) fn lasting(wall_ns: u64) -> Self {
        let command = Command { arguments: vec!["./scene".into()], executable: None };
        let process = Process {
            threads: vec![thread_of(ROOT, "scene", wall_ns)],
            ..Process::begun(ROOT, command, 0)
        };
        let record = Record {
            capture: whywait_record::Capture::default(),
            detail: Detail::Full,
            backend: Backend::Bpf,
            wall_ns,
            root_pid: ROOT,
            ending: None,
            processes: vec![process],
            descriptors: Vec::new(),
            wakes: Vec::new(),
            slow_calls: Vec::new(),
            slow_call_ns: MS,
            timeline: None,
            cost: Cost::default(),
            losses: Losses::default(),
            not_watched: Vec::new(),
        };
        Self { record, model: None, others: None, shape: None, current: 0 }
    }

    /// A loop over epoll that is asleep most of the time.
    pub(crate) fn event_loop() -> Self {
        Self::looping_by(Sysno::epoll_wait)
    }

    pub(crate) fn looping_by(multiplexer: Sysno) -> Self {
        let mut scene = Self::new();
        scene.model = Some(ThreadModel::EventLoop);
        let epoll = scene.descriptor(DescriptorKind::Epoll, "");
        let wait = scene.wait(call(multiplexer), Some(epoll), 1000, 5 * MS);
        wait.breadth = Breadth::Many;
        let asked = scene.call(multiplexer, DescriptorKind::Epoll);
        (asked.count, asked.returned, asked.breadth) = (1000, 1000, Breadth::Many);
        scene
    }

    /// A thread that asks a socket for 9 s, a million times, and finds nothing.
    pub(crate) fn spinning() -> Self {
        let mut scene = Self::new();
        scene.spin(1_000_000, 9 * SECOND);
        scene
    }

    /// A spinner that waits for the disk now and then.
    pub(crate) fn with_several_findings() -> Self {
        let mut scene = Self::spinning();
        let file = scene.descriptor(DescriptorKind::File, "/journal");
        scene.wait(call(Sysno::fsync), Some(file), 20, 40 * MS);
        scene
    }

    /// Two threads that wait for each other so many times and so long, and compute for 3 s each.
    pub(crate) fn contending(times: u64, each_ns: u64) -> Self {
        let mut scene = Self::new();
        let tids = ["one", "other"].map(|name| {
            let tid = scene.spawn(name);
            scene.cpu(3 * SECOND, 0);
            scene.wait(call(Sysno::futex), None, times, each_ns).by_program_ns = times * each_ns;
            scene.back_to_main();
            tid
        });
        scene.wake(tids[0], tids[1], Sysno::futex, times, times * each_ns);
        scene.wake(tids[1], tids[0], Sysno::futex, times, times * each_ns);
        scene
    }

    pub(crate) fn analysis(&self) -> Analysis<'_> {
        let mut analysis = Analysis::of(&self.record);
        for one in &mut analysis.threads {
            let model = if one.thread.tid == ROOT { self.model } else { self.others };
            one.model = model.unwrap_or(one.model);
        }
        analysis.shape = self.shape.unwrap_or(analysis.shape);
        analysis
    }

    pub(crate) fn thread(&mut self) -> &mut Thread {
        &mut self.record.processes[0].threads[self.current]
    }

    /// Adds a thread that lives as long as the record; what comes next is its.
    pub(crate) fn spawn(&mut self, name: &str) -> u32 {
        let threads = &mut self.record.processes[0].threads;
        self.current = threads.len();
        let tid = ROOT + self.current as u32;
        let thread = Thread { created_by: Some(ROOT), ..thread_of(tid, name, self.record.wall_ns) };
        threads.push(thread);
        threads[0].threads_created += 1;
        tid
    }

    pub(crate) fn back_to_main(&mut self) {
        self.current = 0;
    }

    pub(crate) fn cpu(&mut self, user_ns: u64, kernel_ns: u64) {
        let time = &mut self.thread().time;
        (time.user_ns, time.kernel_ns) = (user_ns, kernel_ns);
    }

    /// Adds a descriptor with that path or peer; the first one has the number 10.
    pub(crate) fn descriptor(&mut self, kind: DescriptorKind, name: &str) -> DescriptorId {
        let id = self.record.descriptors.len();
        let name = (!name.is_empty()).then(|| name.to_owned());
        let (peer, path) = if kind.is_socket() { (name, None) } else { (None, name) };
        let fd = Some(10 + id as i32);
        self.record.descriptors.push(Descriptor { pid: ROOT, fd, kind, path, peer, local: None });
        DescriptorId(id as u32)
    }

    /// Adds calls of that kind, none so far.
    pub(crate) fn call(&mut self, number: Sysno, kind: DescriptorKind) -> &mut Call {
        let calls = &mut self.thread().calls;
        calls.push(Call {
            syscall: Syscall::of(number),
            kind,
            control: Control::Blocking,
            breadth: Breadth::NotApplicable,
            count: 0,
            would_block: 0,
            failed: 0,
            empty: 0,
            slept: 0,
            returned: 0,
            tiny: 0,
            total_ns: 0,
            latency: Histogram::default(),
            example: None,
        });
        calls.last_mut().expect("just pushed")
    }

    /// Adds sleeps in that call, so many of that length.
    pub(crate) fn wait(
        &mut self,
        syscall: Option<Syscall>,
        descriptor: Option<DescriptorId>,
        count: u64,
        each_ns: u64,
    ) -> &mut Wait {
        let found = descriptor.and_then(|id| self.record.descriptor(id));
        let kind = found.map_or(DescriptorKind::None, |descriptor| descriptor.kind);
        let waits = &mut self.thread().waits;
        waits.push(Wait {
            syscall,
            descriptor,
            kind,
            control: Control::Blocking,
            breadth: if descriptor.is_some() { Breadth::One } else { Breadth::Zero },
            count,
            total_ns: count * each_ns,
            waiting_ns: count * each_ns,
            runnable_ns: 0,
            kernel_ns: 0,
            disk_ns: 0,
            handed_over_ns: 0,
            by_program_ns: 0,
            longest_ns: each_ns,
            stalls: Stalls::default(),
            latency: Histogram::default(),
        });
        waits.last_mut().expect("just pushed")
    }

    /// Adds a call that slept so long: a record of its own, and a stall that the kernel counts where
    /// it began while the thread asked for events.
    pub(crate) fn slow(
        &mut self,
        syscall: Option<Syscall>,
        descriptor: Option<DescriptorId>,
        began_at_ns: u64,
        waiting_ns: u64,
    ) -> &mut SlowCall {
        self.stall(syscall, descriptor, began_at_ns, waiting_ns);
        let tid = self.thread().tid;
        self.record.slow_calls.push(SlowCall {
            pid: ROOT,
            tid,
            syscall,
            descriptor,
            control: Control::Blocking,
            began_at_ns,
            total_ns: waiting_ns,
            waiting_ns,
            runnable_ns: 0,
            returned: 0,
            waker: Some(Waker::Outside),
            events_pending_after: None,
            stack: Vec::new(),
        });
        self.record.slow_calls.last_mut().expect("just pushed")
    }

    fn stall(
        &mut self,
        syscall: Option<Syscall>,
        descriptor: Option<DescriptorId>,
        began_at_ns: u64,
        waiting_ns: u64,
    ) {
        let least_ns = match Purpose::of(syscall) {
            Purpose::WaitsForThread => Stalls::LEAST_LOCK_NS,
            _ => Stalls::LEAST_NS,
        };
        let in_loop = self
            .thread()
            .asking
            .is_none_or(|asking| (asking.first_at_ns..asking.last_at_ns).contains(&began_at_ns));
        let is_loop = matches!(self.model, Some(ThreadModel::EventLoop | ThreadModel::UringLoop));
        if is_loop && in_loop && waiting_ns >= least_ns {
            let stalls = Stalls { count: 1, waiting_ns, longest_ns: waiting_ns };
            self.wait(syscall, descriptor, 1, waiting_ns).stalls = stalls;
        }
    }

    pub(crate) fn wake(
        &mut self,
        waker: u32,
        sleeper: u32,
        number: Sysno,
        count: u64,
        waited_ns: u64,
    ) {
        let waker = Waker::Thread(waker);
        self.record.wakes.push(Wake { waker, sleeper, syscall: call(number), count, waited_ns });
    }

    /// So many receives that would have blocked.
    pub(crate) fn empty_polls(&mut self, times: u64) {
        let calls = self.call(Sysno::recvfrom, DescriptorKind::Tcp);
        (calls.count, calls.would_block, calls.control) = (times, times, Control::NonBlocking);
    }

    /// So many of them, and nothing else for that time.
    pub(crate) fn spin(&mut self, questions: u64, spinning_ns: u64) {
        let peer = self.descriptor(DescriptorKind::Tcp, "127.0.0.1:80");
        self.empty_polls(questions);
        let thread = self.thread();
        thread.calls.last_mut().expect("just pushed").example = Some(peer);
        thread.time.spinning_ns = spinning_ns;
        (thread.time.user_ns, thread.time.kernel_ns) =
            (spinning_ns / 2, spinning_ns - spinning_ns / 2);
    }
}
