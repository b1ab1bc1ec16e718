//! Documents to test with, made by hand.
//!
//! Left out on purpose: what a real program looks like to the last number; the tests that watch
//! real ones see to that.

use std::collections::BTreeMap;

use crate::{
    CallCount, Control, Diagnosis, DiagnosisSchema, Explained, FactDefinition, FactUnit,
    FindingEntry, LedgerSeconds, Notice, Observed, ObservedFact, ProcessEntry, Program, Quadrant,
    RuleOutcome, RuleTier, Severity, Shape, SourcePlace, Subject, SwitchCount, TestComparison,
    TestOutcome, ThreadEntry, ThreadModel, TimelineCutOff, TimelineEdge, TimelineInterval,
    TimelineState, TriedRule, TriedTest, WaitCategory, WaitEntry, WatchBackend, WatchCost,
    WatchDetail, WatchLosses, Why,
};

/// Every example, by name.
pub(crate) fn all() -> Vec<(&'static str, Diagnosis)> {
    vec![
        ("healthy loop", healthy_loop()),
        ("stalled loop", stalled_loop()),
        ("200 threads", two_hundred_threads()),
        ("prefork", prefork()),
        ("nothing seen", nothing_seen()),
        ("losses", losses()),
        ("light", light()),
        ("many processes", many_processes()),
        ("explained", explained()),
        ("hostile", hostile("\u{1b}[31m")),
    ]
}

/// A server with one event loop that does as it should.
pub(crate) fn healthy_loop() -> Diagnosis {
    let ledger_s = LedgerSeconds {
        cpu_user: 0.41,
        cpu_kernel: 1.52,
        runnable: 0.12,
        multiplexer: 7.95,
        ..LedgerSeconds::default()
    };
    let main = ThreadEntry {
        calls: calls(&[("epoll_wait", 41_022, 0), ("read", 80_311, 3), ("write", 80_305, 0)]),
        evidence: "epoll_wait ended 41,022 sleeps, and no call on a socket could have blocked"
            .into(),
        switches: SwitchCount { voluntary: 20_511, involuntary: 107 },
        ..thread(812, "redis-server", ThreadModel::EventLoop, ledger_s)
    };
    let helper = ThreadEntry {
        alike: 4,
        evidence: "each waited in futex for all of its life".into(),
        confidence: 0.31,
        doubt: Some(
            "Rule `waits-for-work` is right for only 5 of 10 programs of the corpus.".into(),
        ),
        ..thread(
            813,
            "bio_close_file",
            ThreadModel::PoolWorker,
            LedgerSeconds { lock: 40.0, ..LedgerSeconds::default() },
        )
    };
    Diagnosis {
        verdict: "An event loop in one thread, non-blocking and asynchronous. It waited for \
                  events for 80 % of the time: it is not short of CPU."
            .into(),
        processes: vec![process(812, &["redis-server", "*:6379"], vec![main, helper])],
        waits: vec![
            WaitEntry { tid: 813, ..wait(812, "futex", WaitCategory::Lock, [4.0, 40.0, 1.0]) },
            WaitEntry {
                descriptor: Some(5),
                descriptors: 1,
                kind: "epoll".into(),
                ..wait(812, "epoll_wait", WaitCategory::Multiplexer, [20_511.0, 8.02, 0.99])
            },
        ],
        ..begin(&["redis-server", "--port", "6379"])
    }
}

/// A healthy loop, with why its first thread is one.
pub(crate) fn explained() -> Diagnosis {
    let unit = |fact: &str, unit| FactDefinition {
        fact: fact.into(),
        definition: format!("What {fact} counts."),
        unit,
    };
    let fact = |fact: &str, value, observed| ObservedFact { fact: fact.into(), value, observed };
    let thread = Explained {
        subject: Subject::Thread { pid: 812, tid: 812, name: "redis-server".into() },
        called: "event-loop".into(),
        decided_by: Some("epoll-loop".into()),
        runner_up: Some("blocking-calls".into()),
        confidence: Some(0.824),
        remarks: vec!["Little evidence: rule `epoll-loop` is right for 4 of 4 programs.".into()],
        facts: vec![
            fact("iterations", Some(41_022.0), Observed::Sampled),
            fact("has-epoll", Some(1.0), Observed::Exact),
            fact("calls-per-iteration", None, Observed::Exact),
            fact("polling-time", None, Observed::Unseen),
            fact("cpu-share", Some(0.4996), Observed::Exact),
        ],
        rules: tried_rules(),
        models: BTreeMap::new(),
    };
    let shape = Explained {
        subject: Subject::Shape,
        called: "event-loop-and-pool".into(),
        decided_by: None,
        runner_up: None,
        confidence: None,
        remarks: Vec::new(),
        facts: Vec::new(),
        rules: Vec::new(),
        models: [("event-loop".into(), 1), ("pool-worker".into(), 4)].into(),
    };
    let definitions = vec![
        unit("iterations", FactUnit::Count),
        unit("has-epoll", FactUnit::Flag),
        unit("calls-per-iteration", FactUnit::Ratio),
        unit("polling-time", FactUnit::Seconds),
        unit("cpu-share", FactUnit::Share),
    ];
    Diagnosis { why: Some(Why { definitions, explained: vec![shape, thread] }), ..healthy_loop() }
}

/// A rule of each outcome.
fn tried_rules() -> Vec<TriedRule> {
    use TestComparison::{AtLeast, Below, No, Yes};
    use TestOutcome::{Failed, Held, Unseen};
    let test = |fact: &str, value, must_be, bound, outcome| TriedTest {
        fact: fact.into(),
        value,
        must_be,
        bound,
        outcome,
    };
    let rule = |rule: &str, says: &str, outcome, margin, tests| TriedRule {
        rule: rule.into(),
        tier: RuleTier::Protocol,
        says: says.into(),
        outcome,
        margin,
        programs: 29,
        right: 28,
        tests,
        excluded_by: Vec::new(),
    };
    let is_loop = || {
        vec![
            test("iterations", Some(41_022.0), AtLeast, Some(10.0), Held),
            test("has-epoll", Some(1.0), Yes, None, Held),
        ]
    };
    let unseen = || test("polling-time", None, Below, Some(0.0005), Unseen);
    let idle = || test("cpu-share", Some(0.4996), AtLeast, Some(0.5), Failed);
    let excluded = TriedRule {
        excluded_by: vec![test("has-epoll", Some(1.0), Yes, None, Held)],
        ..rule("poll-loop", "event-loop", RuleOutcome::Excluded, Some(0.9), is_loop())
    };
    let failed = RuleOutcome::Failed;
    vec![
        rule("epoll-loop", "event-loop", RuleOutcome::Matched, Some(0.998), is_loop()),
        TriedRule {
            tier: RuleTier::Time,
            ..rule("blocking-calls", "blocking", RuleOutcome::Matched, Some(0.4), Vec::new())
        },
        excluded,
        TriedRule { programs: 0, right: 0, ..rule("computes", "cpu", failed, None, vec![idle()]) },
        rule("polls-without-pause", "spinner", failed, None, vec![unseen(), idle()]),
        rule(
            "rests",
            "idle",
            failed,
            None,
            vec![
                test("has-epoll", Some(1.0), No, None, Failed),
                test("calls-per-iteration", None, Below, Some(1.0), Failed),
            ],
        ),
    ]
}

/// A loop that blocks in reads of a file, with two findings.
pub(crate) fn stalled_loop() -> Diagnosis {
    let mut diagnosis = healthy_loop();
    diagnosis.verdict = "An event loop in one thread, stalled 41 times by blocking reads of a \
                         file: 1.23 s in which 7 clients and more had to wait."
        .into();
    diagnosis.program.command =
        ["python3", "server.py", "--name", "two words"].map(String::from).into();
    diagnosis.processes[0].command = diagnosis.program.command.clone();
    diagnosis.waits.insert(
        0,
        WaitEntry {
            descriptor: Some(9),
            descriptors: 1,
            kind: "file".into(),
            path: Some("/srv/data/customers/2026/11/21/a-rather-long-name-of-a-file.json".into()),
            ..wait(812, "read", WaitCategory::Disk, [41.0, 1.23, 0.97])
        },
    );
    diagnosis.waits.push(WaitEntry {
        descriptors: 1000,
        kind: "tcp".into(),
        peer: Some("10.0.0.7:5432".into()),
        ..wait(812, "recvfrom", WaitCategory::Data, [1200.0, 0.5, 0.6])
    });
    diagnosis.waits.sort_by(|left, right| right.total_s.total_cmp(&left.total_s));
    diagnosis.findings = vec![
        FindingEntry {
            code: "WW01".into(),
            name: "blocking-in-loop".into(),
            severity: Severity::High,
            pid: 812,
            tid: Some(812),
            evidence: "The loop was stalled 41 times in read(9, /srv/data/customers/…), 41.2 ms \
                       at the longest; the next epoll_wait returned at once with 7 ready."
                .into(),
            advice: "Give the read to a thread (asyncio.to_thread), or read the file before the \
                     loop begins."
                .into(),
            count: 41,
            seconds: 1.23,
            share: 0.123,
            at: Some(SourcePlace {
                file: Some("/srv/app/server.py".into()),
                line: Some(41),
                function: Some("handle".into()),
                object: None,
            }),
            bound_by: Vec::new(),
        },
        FindingEntry {
            code: "WW04".into(),
            name: "serial-waits".into(),
            severity: Severity::Warn,
            tid: None,
            evidence: "Possible: 3 waits came one after another and did not depend on each other."
                .into(),
            advice: "Begin all three before waiting for the first.".into(),
            count: 1,
            seconds: 0.8,
            share: 0.0,
            at: Some(SourcePlace { object: Some("/usr/bin/app".into()), ..SourcePlace::default() }),
            ..finding()
        },
    ];
    diagnosis.timeline = (0..1200).map(interval).collect();
    diagnosis.edges = vec![TimelineEdge { at_s: 0.5, waker: 812, sleeper: 813 }];
    diagnosis.timeline_cut_off = Some(TimelineCutOff { at_s: 3.21, entries: 40_311 });
    diagnosis
}

/// A thread for each of 200 connections, which are one line.
pub(crate) fn two_hundred_threads() -> Diagnosis {
    let ledger_s = LedgerSeconds {
        cpu_user: 3.1,
        cpu_kernel: 9.4,
        runnable: 44.0,
        data: 1943.5,
        ..LedgerSeconds::default()
    };
    let connections = ThreadEntry {
        alike: 200,
        evidence: "each accepted none, read and wrote one connection, and ended with it".into(),
        ..thread(902, "conn", ThreadModel::Connection, ledger_s)
    };
    let acceptor = thread(
        901,
        "server",
        ThreadModel::Acceptor,
        LedgerSeconds { cpu_kernel: 0.02, data: 9.98, ..LedgerSeconds::default() },
    );
    Diagnosis {
        verdict: "A thread for each connection, blocking and synchronous: 200 of them.".into(),
        shape: Shape::ThreadPerConnection,
        quadrant: Some(Quadrant { control: Control::Blocking, notice: Notice::Synchronous }),
        processes: vec![process(901, &["./server"], vec![acceptor, connections])],
        waits: vec![WaitEntry {
            tid: 902,
            descriptors: 200,
            kind: "tcp".into(),
            peer: Some("127.0.0.1".into()),
            ..wait(901, "recvfrom", WaitCategory::Data, [400_000.0, 1990.0, 0.97])
        }],
        findings: vec![FindingEntry {
            code: "WW06".into(),
            name: "thread-per-connection".into(),
            severity: Severity::Info,
            pid: 901,
            tid: None,
            evidence: "200 threads served one connection each.".into(),
            advice: "An event loop would do with one thread.".into(),
            count: 200,
            ..finding()
        }],
        ..begin(&["./server"])
    }
}

/// A master and four worker processes that are one.
pub(crate) fn prefork() -> Diagnosis {
    let waiting = LedgerSeconds { child: 10.0, ..LedgerSeconds::default() };
    let master = thread(700, "nginx", ThreadModel::WaitsForChildren, waiting);
    let ledger_s = LedgerSeconds {
        cpu_user: 2.0,
        cpu_kernel: 6.0,
        runnable: 1.0,
        multiplexer: 30.5,
        disk: 0.5,
        ..LedgerSeconds::default()
    };
    let worker = ThreadEntry { alike: 4, ..thread(701, "nginx", ThreadModel::EventLoop, ledger_s) };
    let workers = ProcessEntry {
        parent_pid: Some(700),
        alike: 4,
        ..process(701, &["nginx: worker process"], vec![worker])
    };
    let command = ["nginx", "-g", "daemon off;"];
    Diagnosis {
        verdict: "Prefork: 4 processes that share a listening socket, an event loop in each."
            .into(),
        shape: Shape::PreforkEventLoops,
        program: Program { signal: Some(15), exit_status: None, ..program(700, &command) },
        processes: vec![process(700, &["nginx: master process"], vec![master]), workers],
        waits: vec![WaitEntry {
            tid: 701,
            descriptor: Some(8),
            descriptors: 4,
            kind: "epoll".into(),
            ..wait(701, "epoll_wait", WaitCategory::Multiplexer, [9000.0, 30.5, 1.0])
        }],
        ..begin(&command)
    }
}

/// A program that had ended before anything could be seen.
pub(crate) fn nothing_seen() -> Diagnosis {
    Diagnosis {
        verdict: "Nothing was seen: the program ended after 812 µs.".into(),
        shape: Shape::Idle,
        quadrant: None,
        wall_s: 812e-6,
        machine: None,
        cost: WatchCost { cpu_s: 0.0, ..begin(&[]).cost },
        ..begin(&["true"])
    }
}

/// All that can be lost.
pub(crate) fn losses() -> Diagnosis {
    let losses = WatchLosses {
        events: 1204,
        threads: 1,
        calls: 12,
        waits: 3000,
        merged_waits: 3214,
        wakes: 2,
        slow_calls: 70_000,
        names: 1,
    };
    let cost =
        WatchCost { kernel_cpu_s: Some(0.31), lost_events: 4219, losses, ..healthy_loop().cost };
    let not_watched = vec!["Requests of io_uring were not counted.".to_owned()];
    Diagnosis { cost, not_watched, ..healthy_loop() }
}

/// The healthy loop, attached to in light detail, when its command line was gone.
pub(crate) fn light() -> Diagnosis {
    let mut diagnosis = healthy_loop();
    diagnosis.detail = WatchDetail::Light;
    diagnosis.program.command.clear();
    diagnosis.program.exit_status = None;
    diagnosis.cost.per_foreign_call_ns = None;
    for entry in &mut diagnosis.processes[0].threads {
        entry.calls.clear();
    }
    for wait in &mut diagnosis.waits {
        wait.kernel_s = 0.0;
    }
    diagnosis
}

/// More processes, threads, waits and findings than a screen has room for.
pub(crate) fn many_processes() -> Diagnosis {
    let worker = |pid: u32| {
        let data = f64::from(pid % 7);
        let ledger_s = LedgerSeconds { data, sleep: 10.0 - data, ..LedgerSeconds::default() };
        process(pid, &["worker"], vec![thread(pid, "worker", ThreadModel::Unknown, ledger_s)])
    };
    let finding = |pid| FindingEntry { pid, tid: Some(pid), ..finding() };
    let wait = |pid| WaitEntry {
        tid: pid,
        ..wait(pid, "nanosleep", WaitCategory::Sleep, [1.0, 5.0, 1.0])
    };
    Diagnosis {
        verdict: "60 processes that sleep.".into(),
        shape: Shape::Unknown,
        quadrant: None,
        processes: (1000..1060).map(worker).collect(),
        waits: (1000..1060).map(wait).collect(),
        findings: (1055..1080).map(finding).collect(),
        ..begin(&["./many"])
    }
}

/// A document whose every string of the watched program, and every sentence, holds another.
pub(crate) fn hostile(evil: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis { why: explained().why, ..stalled_loop() };
    let evils = |text: &mut String| *text = format!("{evil}{text}{evil}x{evil}");
    evils(&mut diagnosis.verdict);
    diagnosis.program.command.iter_mut().for_each(evils);
    for process in &mut diagnosis.processes {
        process.command.iter_mut().for_each(evils);
        for entry in &mut process.threads {
            [&mut entry.name, &mut entry.evidence].into_iter().for_each(evils);
            entry.calls.insert(evil.into(), CallCount::default());
        }
    }
    for wait in &mut diagnosis.waits {
        evils(&mut wait.kind);
        let texts = [&mut wait.syscall, &mut wait.path, &mut wait.peer, &mut wait.local];
        texts.into_iter().for_each(|text| evils(text.get_or_insert_default()));
    }
    for finding in &mut diagnosis.findings {
        let texts =
            [&mut finding.code, &mut finding.name, &mut finding.evidence, &mut finding.advice];
        texts.into_iter().for_each(evils);
        let at = finding.at.get_or_insert_default();
        let texts = [&mut at.file, &mut at.function, &mut at.object];
        texts.into_iter().for_each(|text| evils(text.get_or_insert_default()));
    }
    for interval in &mut diagnosis.timeline {
        let texts = [&mut interval.syscall, &mut interval.on];
        texts.into_iter().for_each(|text| evils(text.get_or_insert_default()));
    }
    let why = diagnosis.why.as_mut().expect("it is explained");
    why.explained.iter_mut().for_each(|one| hostile_explained(one, &evils));
    let machine = diagnosis.machine.as_mut().expect("the example has one");
    evils(&mut machine.kernel);
    evils(machine.cpu_model.get_or_insert_default());
    diagnosis
}

fn hostile_explained(one: &mut Explained, evils: &dyn Fn(&mut String)) {
    if let Subject::Thread { name, .. } = &mut one.subject {
        evils(name);
    }
    evils(&mut one.called);
    one.decided_by.iter_mut().chain(&mut one.runner_up).chain(&mut one.remarks).for_each(evils);
    one.models = std::mem::take(&mut one.models)
        .into_iter()
        .map(|(mut model, count)| {
            evils(&mut model);
            (model, count)
        })
        .collect();
    one.facts.iter_mut().for_each(|fact| evils(&mut fact.fact));
    for rule in &mut one.rules {
        [&mut rule.rule, &mut rule.says].into_iter().for_each(evils);
        let tests = rule.tests.iter_mut().chain(&mut rule.excluded_by);
        tests.for_each(|test| evils(&mut test.fact));
    }
}

fn begin(command: &[&str]) -> Diagnosis {
    Diagnosis {
        schema: DiagnosisSchema::Explain1,
        whywait_version: "0.1.0".into(),
        command: ["whywait", "explain", "--"]
            .iter()
            .chain(command)
            .map(|&word| word.into())
            .collect(),
        machine: Some(crate::example::host()),
        verdict: String::new(),
        shape: Shape::EventLoop,
        quadrant: Some(Quadrant { control: Control::NonBlocking, notice: Notice::Asynchronous }),
        detail: WatchDetail::Full,
        backend: WatchBackend::Bpf,
        wall_s: 10.0,
        program: program(812, command),
        processes: Vec::new(),
        waits: Vec::new(),
        findings: Vec::new(),
        cost: WatchCost {
            cpu_s: 0.031,
            kernel_cpu_s: None,
            per_foreign_call_ns: Some(85.0),
            memory_bytes: 9 << 20,
            lost_events: 0,
            losses: WatchLosses::default(),
        },
        timeline: Vec::new(),
        edges: Vec::new(),
        timeline_cut_off: None,
        not_watched: Vec::new(),
        why: None,
    }
}

fn program(pid: u32, command: &[&str]) -> Program {
    let command = command.iter().map(|&word| word.into()).collect();
    Program { pid, command, exit_status: Some(0), signal: None }
}

fn process(pid: u32, command: &[&str], threads: Vec<ThreadEntry>) -> ProcessEntry {
    let Program { command, .. } = program(pid, command);
    ProcessEntry { pid, parent_pid: None, command, alike: 1, threads }
}

fn thread(tid: u32, name: &str, model: ThreadModel, ledger_s: LedgerSeconds) -> ThreadEntry {
    ThreadEntry {
        tid,
        name: name.into(),
        alike: 1,
        model,
        confidence: 0.95,
        doubt: None,
        evidence: String::new(),
        lived_s: ledger_s.total(),
        ledger_s,
        switches: SwitchCount::default(),
        calls: BTreeMap::new(),
    }
}

/// A wait of the main thread: count, seconds, and the share of them asleep.
fn wait(pid: u32, syscall: &str, category: WaitCategory, numbers: [f64; 3]) -> WaitEntry {
    let [count, total_s, asleep] = numbers;
    WaitEntry {
        pid,
        tid: pid,
        syscall: Some(syscall.into()),
        descriptor: None,
        descriptors: 0,
        kind: "none".into(),
        path: None,
        peer: None,
        local: None,
        category,
        count: count as u64,
        total_s,
        p50_s: 0.8 * total_s / count,
        p99_s: 1.3 * total_s / count,
        longest_s: 1.4 * total_s / count,
        waiting_s: asleep * total_s,
        runnable_s: 0.75 * (1.0 - asleep) * total_s,
        kernel_s: 0.25 * (1.0 - asleep) * total_s,
    }
}

fn calls(counts: &[(&str, u64, u64)]) -> BTreeMap<String, CallCount> {
    let counts = counts.iter();
    counts
        .map(|&(name, count, would_block)| (name.into(), CallCount { count, would_block }))
        .collect()
}

fn finding() -> FindingEntry {
    FindingEntry {
        code: "WW05".into(),
        name: "tiny-io".into(),
        severity: Severity::Info,
        pid: 812,
        tid: None,
        evidence: "9 of 10 reads moved one byte.".into(),
        advice: "Read into a buffer.".into(),
        count: 0,
        seconds: 0.0,
        share: 0.0,
        at: None,
        bound_by: Vec::new(),
    }
}

fn interval(index: u32) -> TimelineInterval {
    let from_at_s = f64::from(index) * 1e-3;
    TimelineInterval {
        tid: 812,
        state: if index.is_multiple_of(2) {
            TimelineState::Waiting
        } else {
            TimelineState::Runnable
        },
        syscall: Some("read".into()),
        descriptor: Some(9),
        on: Some("/srv/data/x".into()),
        from_at_s,
        to_at_s: from_at_s + 1e-3,
    }
}
