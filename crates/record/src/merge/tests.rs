//! That merging depends neither on order nor on grouping, and loses nothing.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use syscalls::Sysno;

use super::{MergeError, Merged, NotSummed, merge};
use crate::{
    Asking, Backend, Breadth, Call, Capture, Command, Control, Cost, Descriptor, DescriptorId,
    DescriptorKind, Detail, Ending, Feature, Frame, Histogram, Host, InFlight, Losses,
    OpenDescriptor, Place, Process, Record, RingOperations, Sample, SampledMode, SlowCall, Stalls,
    Switches, Syscall, Thread, ThreadTime, Timeline, Wait, Wake, Waker,
};

/// Small enough that sums of many do not saturate.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..1_000_000_000_u64]
}

/// A number of a process or thread that a record may or may not have.
fn number() -> impl Strategy<Value = u32> {
    0..7_u32
}

fn syscall() -> impl Strategy<Value = Syscall> {
    let known = [Sysno::read, Sysno::futex, Sysno::fsync];
    proptest::sample::select(known.to_vec()).prop_map(Syscall::of)
}

fn kind() -> impl Strategy<Value = DescriptorKind> {
    proptest::sample::select(
        &[DescriptorKind::File, DescriptorKind::Tcp, DescriptorKind::Epoll][..],
    )
}

fn control() -> impl Strategy<Value = Control> {
    proptest::sample::select(&[Control::Blocking, Control::NonBlocking][..])
}

fn name() -> impl Strategy<Value = String> {
    proptest::sample::select(&["a", "b", "c"][..]).prop_map(String::from)
}

fn descriptor_id() -> impl Strategy<Value = Option<DescriptorId>> {
    option::of((0..5_u32).prop_map(DescriptorId))
}

fn waker() -> impl Strategy<Value = Waker> {
    prop_oneof![number().prop_map(Waker::Thread), Just(Waker::Outside)]
}

fn ending() -> impl Strategy<Value = Option<Ending>> {
    option::of(prop_oneof![(0..3).prop_map(Ending::Exited), (9..11).prop_map(Ending::Signalled)])
}

fn histogram() -> impl Strategy<Value = Histogram> {
    count().prop_map(|length_ns| {
        let mut histogram = Histogram::default();
        histogram.add(length_ns);
        histogram
    })
}

prop_compose! {
    fn call()(
        (syscall, kind, control) in (syscall(), kind(), control()),
        numbers in [count(), count(), count(), count()],
        latency in histogram(),
        example in descriptor_id(),
    ) -> Call {
        let [count, would_block, returned, total_ns] = numbers;
        Call {
            syscall, kind, control, breadth: Breadth::One, count, would_block, failed: would_block,
            empty: returned, slept: count, returned, tiny: count, total_ns, latency, example,
        }
    }
}

prop_compose! {
    fn wait()(
        (syscall, kind, control) in (option::of(syscall()), kind(), control()),
        descriptor in descriptor_id(),
        numbers in [count(), count(), count(), count()],
        latency in histogram(),
    ) -> Wait {
        let [count, total_ns, waiting_ns, disk_ns] = numbers;
        Wait {
            syscall, descriptor, kind, control, breadth: Breadth::One, count, total_ns, waiting_ns,
            runnable_ns: count, kernel_ns: total_ns, disk_ns, handed_over_ns: waiting_ns,
            by_program_ns: disk_ns, longest_ns: total_ns,
            stalls: Stalls { count, waiting_ns, longest_ns: total_ns }, latency,
        }
    }
}

prop_compose! {
    fn in_flight()(
        syscall in syscall(), descriptor in descriptor_id(), since_at_ns in count(),
    ) -> InFlight {
        InFlight { syscall, descriptor, since_at_ns }
    }
}

prop_compose! {
    fn thread()(
        (tid, name, created_by) in (number(), name(), option::of(number())),
        io_worker in any::<bool>(),
        (began_at_ns, ended_at_ns) in (count(), option::of(count())),
        numbers in [count(), count(), count(), count()],
        (calls, waits) in (vec(call(), 0..4), vec(wait(), 0..4)),
        operations in vec((0..3_u8, count(), count()), 0..3),
        in_flight in option::of(in_flight()),
        asking in option::of((count(), count())),
        samples in vec((option::of(syscall()), count()), 0..3),
    ) -> Thread {
        let [lived_ns, user_ns, waiting_ns, switches] = numbers;
        let mode = |syscall: Option<Syscall>| syscall.map_or(SampledMode::User, |syscall| {
            SampledMode::Call { syscall, returns_at_once: false }
        });
        Thread {
            tid, name, merged_count: 1, created_by, io_worker, began_at_ns, ended_at_ns, lived_ns,
            time: ThreadTime {
                user_ns, kernel_ns: switches, spinning_ns: user_ns, runnable_ns: lived_ns, waiting_ns,
            },
            sched_cpu_ns: user_ns,
            switches: Switches { voluntary: switches, involuntary: lived_ns },
            threads_created: switches, processes_created: user_ns, calls, waits,
            ring_operations: operations.into_iter().map(|(opcode, submitted, punted)| {
                RingOperations { opcode, submitted, punted }
            }).collect(),
            in_flight,
            asking: asking.map(|(first_at_ns, last_at_ns)| Asking { first_at_ns, last_at_ns }),
            samples: samples.into_iter().map(|(syscall, count)| {
                Sample { mode: mode(syscall), count }
            }).collect(),
        }
    }
}

prop_compose! {
    fn open_descriptor()(
        (fd, id, listening) in (3..6, 0..5_u32, any::<bool>()),
        watches in vec(3..6, 0..2),
    ) -> OpenDescriptor {
        OpenDescriptor { fd, descriptor: DescriptorId(id), listening, watches }
    }
}

prop_compose! {
    fn process()(
        (pid, parent_pid) in (number(), option::of(number())),
        arguments in vec(name(), 0..2),
        executable in proptest::bool::ANY,
        (began_at_ns, ended_at_ns, ending) in (count(), option::of(count()), ending()),
        (session_pid, age_ns, descriptors_left_out) in (option::of(number()), count(), count()),
        descriptors in vec(open_descriptor(), 0..4),
        threads in vec(thread(), 0..5),
    ) -> Process {
        let mut all = vec!["program".to_owned()];
        all.extend(arguments);
        let executable = executable.then(|| "program".to_owned());
        Process {
            pid, parent_pid, merged_count: 1, command: Command { arguments: all, executable },
            execs: began_at_ns, began_at_ns, ended_at_ns, ending, session_pid,
            age_ns, descriptors, descriptors_left_out, threads,
        }
    }
}

prop_compose! {
    fn slow_call()(
        (pid, tid, syscall, descriptor) in (number(), number(), syscall(), descriptor_id()),
        (began_at_ns, total_ns, waker) in (0..3_u64, 0..3_u64, option::of(waker())),
        stack in vec(name(), 0..3),
    ) -> SlowCall {
        SlowCall {
            pid, tid, syscall: Some(syscall), descriptor, control: Control::Blocking, began_at_ns,
            total_ns, waiting_ns: total_ns, runnable_ns: 0, returned: -1, waker, events_pending_after: None,
            stack: stack.into_iter().map(|name| Frame {
                address: 1, object: None, function: Some(name.clone()),
                place: Some(Place { file: name, line: 1 }),
            }).collect(),
        }
    }
}

prop_compose! {
    fn descriptor()(
        (pid, fd, kind) in (number(), option::of(3..5), kind()),
        names in [option::of(name()), option::of(name()), option::of(name())],
    ) -> Descriptor {
        let [path, peer, local] = names;
        Descriptor { pid, fd, kind, path, peer, local }
    }
}

prop_compose! {
    fn cost()(
        numbers in [count(), count()],
        kernel_cpu_ns in option::of(count()),
        per_foreign_call_ns in option::of(0.0..9.0_f64),
    ) -> Cost {
        let [own_cpu_ns, memory_bytes] = numbers;
        Cost { own_cpu_ns, kernel_cpu_ns, per_foreign_call_ns, memory_bytes }
    }
}

prop_compose! {
    fn capture()(
        whywait in name(),
        command in vec(name(), 0..2),
        began_unix_s in 0..3_u64,
        host in option::of(name()),
        redacted in any::<bool>(),
    ) -> Capture {
        let host = host.map(|kernel| Host { kernel, cpus: 2, cpu_model: None, memory_bytes: 3 });
        Capture { whywait, command, began_unix_s, host, redacted, further_records: 0 }
    }
}

prop_compose! {
    fn record()(
        capture in capture(),
        (wall_ns, root_pid, ending) in (count(), number(), ending()),
        processes in vec(process(), 0..6),
        descriptors in vec(descriptor(), 0..6),
        wakes in vec((waker(), number(), option::of(syscall()), count(), count()), 0..6),
        slow_calls in vec(slow_call(), 0..4),
        cost in cost(),
        losses in [count(), count(), count(), count()],
        not_watched in vec(proptest::sample::select(Feature::ALL), 0..3),
        timeline in any::<bool>(),
    ) -> Record {
        let [events, threads, calls, waits] = losses;
        Record {
            capture, detail: Detail::Full, backend: Backend::Bpf, wall_ns, root_pid, ending, processes,
            descriptors,
            wakes: wakes.into_iter().map(|(waker, sleeper, syscall, count, waited_ns)| {
                Wake { waker, sleeper, syscall, count, waited_ns }
            }).collect(),
            slow_calls, slow_call_ns: 1000, timeline: timeline.then(Timeline::default), cost,
            losses: Losses {
                events, threads, calls, waits, merged_waits: threads, wakes: events, slow_calls: calls, names: waits,
            },
            not_watched,
        }
    }
}

fn merged(records: &[&Record]) -> Record {
    merge(records.iter().map(|record| (*record).clone())).expect("of one program").record
}

/// The sum of every number in the document whose name says that it is a count or a length. Moments,
/// greatest and smallest values are not sums, and what watching cost is not known of all.
fn sums(record: &Record) -> BTreeMap<String, u64> {
    fn collect(name: &str, value: &serde_json::Value, sums: &mut BTreeMap<String, u64>) {
        const NO_SUMS: &[&str] = &[
            "pid",
            "parent_pid",
            "tid",
            "created_by",
            "root_pid",
            "fd",
            "syscall",
            "descriptor",
            "example",
            "opcode",
            "sleeper",
            "waker",
            "thread",
            "slow_call_ns",
            "longest_ns",
            "kernel_cpu_ns",
            "per_foreign_call_ns",
            "exited",
            "signalled",
            "ending",
            "in_flight",
            "asking",
            "began_at_ns",
            "ended_at_ns",
            "session_pid",
            "age_ns",
            "descriptors",
            "descriptors_left_out",
            "watches",
            "capture",
        ];
        if NO_SUMS.contains(&name) {
            return;
        }
        match value {
            serde_json::Value::Number(number) => {
                *sums.entry(name.to_owned()).or_default() += number.as_u64().unwrap_or(1);
            }
            serde_json::Value::Array(values) => {
                values.iter().for_each(|value| collect(name, value, sums));
            }
            serde_json::Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| collect(name, value, sums));
            }
            _ => {}
        }
    }
    let mut sums = BTreeMap::new();
    collect("", &serde_json::to_value(record).expect("a record is serialised"), &mut sums);
    sums.retain(|_, sum| *sum > 0);
    sums
}

fn added(all: &[&Record]) -> BTreeMap<String, u64> {
    let mut sum = BTreeMap::new();
    for (name, value) in all.iter().flat_map(|record| sums(record)) {
        *sum.entry(name).or_default() += value;
    }
    sum
}

/// For each entry of a list that is as long as those of the records together.
fn lengths(record: &Record) -> (usize, usize) {
    (record.slow_calls.len(), record.threads().map(|(_, one)| one.merged_count as usize).sum())
}

proptest! {
    #[test]
    fn the_order_of_records_does_not_matter(a in record(), b in record(), c in record()) {
        let expected = merged(&[&a, &b, &c]);
        for order in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            prop_assert_eq!(&merged(&order), &expected);
        }
    }

    #[test]
    fn the_grouping_of_records_does_not_matter(a in record(), b in record(), c in record()) {
        let expected = merged(&[&a, &b, &c]);
        prop_assert_eq!(&merged(&[&merged(&[&a, &b]), &c]), &expected);
        prop_assert_eq!(&merged(&[&a, &merged(&[&b, &c])]), &expected);
    }

    #[test]
    fn every_count_and_every_length_is_in_the_sum(a in record(), b in record()) {
        let sum = merged(&[&a, &b]);
        prop_assert_eq!(sums(&sum), added(&[&a, &b]));
        let (one, other) = (lengths(&a), lengths(&b));
        prop_assert_eq!(lengths(&sum), (one.0 + other.0, one.1 + other.1));
    }

    #[test]
    fn nothing_of_one_record_is_added_up_with_another_thing_of_it(a in record()) {
        let sum = merged(&[&a, &a]);
        prop_assert_eq!(sum.processes.len(), a.processes.len());
        prop_assert_eq!(sum.threads().count(), a.threads().count());
        prop_assert_eq!(sum.descriptors.len(), a.descriptors.len());
        prop_assert!(sum.processes.iter().all(|process| process.merged_count == 2));
    }

    #[test]
    fn numbers_are_unique_and_lead_somewhere(a in record(), b in record()) {
        let sum = merged(&[&a, &b]);
        let mut tids: Vec<u32> = sum.threads().map(|(_, thread)| thread.tid).collect();
        tids.sort_unstable();
        prop_assert!(tids.windows(2).all(|pair| pair[0] < pair[1]), "{tids:?}");
        let pids: Vec<u32> = sum.processes.iter().map(|process| process.pid).collect();
        prop_assert!(pids.windows(2).all(|pair| pair[0] < pair[1]), "{pids:?}");
        let is_process = |pid: u32| pid == 0 || pids.contains(&pid);
        let is_thread = |tid: u32| tid == 0 || tids.contains(&tid);
        prop_assert!(is_process(sum.root_pid));
        prop_assert!(sum.processes.iter().filter_map(|one| one.parent_pid).all(is_process));
        prop_assert!(sum.descriptors.iter().all(|one| is_process(one.pid)));
        prop_assert!(sum.threads().filter_map(|(_, one)| one.created_by).all(is_thread));
        prop_assert!(sum.slow_calls.iter().all(|one| is_process(one.pid) && is_thread(one.tid)));
        let ids = sum.threads().flat_map(|(_, one)| &one.waits).filter_map(|one| one.descriptor);
        prop_assert!(ids.into_iter().all(|id| sum.descriptor(id).is_some()));
    }

    #[test]
    fn one_record_is_returned_as_it_is(a in record()) {
        let expected = Merged { record: a.clone(), not_summed: Vec::new() };
        prop_assert_eq!(merge([a]), Ok(expected));
    }

    #[test]
    fn no_numbers_overflow(a in record()) {
        let mut a = a;
        for thread in a.processes.iter_mut().flat_map(|process| &mut process.threads) {
            thread.lived_ns = u64::MAX;
            thread.waits.iter_mut().for_each(|wait| wait.latency.buckets = [u64::MAX; 32]);
        }
        a.wall_ns = u64::MAX;
        prop_assert_eq!(merged(&[&a, &a]).wall_ns, u64::MAX);
    }
}

/// A program with a child, each with a first thread and a worker, and a connection to `peer`.
fn host(peer: &str, first_pid: u32) -> Record {
    let thread = |tid: u32, name: &str, created_by: u32| Thread {
        created_by: Some(created_by),
        began_at_ns: 10,
        lived_ns: 90,
        time: ThreadTime { waiting_ns: 90, ..ThreadTime::default() },
        ..Thread::begun(tid, name.into(), 0)
    };
    let process = |pid: u32, parent_pid: Option<u32>, argument: &str| {
        let command = Command {
            arguments: vec!["server".into(), argument.into()],
            executable: Some("/usr/bin/server".into()),
        };
        let threads = vec![thread(pid, "server", 0), thread(pid + 1, "worker-1", pid)];
        Process { parent_pid, threads, ..Process::begun(pid, command, 0) }
    };
    Record {
        capture: Capture::default(),
        detail: Detail::Full,
        backend: Backend::Bpf,
        wall_ns: 100,
        root_pid: first_pid,
        ending: None,
        processes: vec![
            process(first_pid, None, &format!("--name={peer}")),
            process(first_pid + 5, Some(first_pid), "child"),
        ],
        descriptors: vec![Descriptor {
            pid: first_pid,
            fd: Some(3),
            kind: DescriptorKind::Tcp,
            path: None,
            peer: Some(peer.into()),
            local: None,
        }],
        wakes: vec![Wake {
            waker: Waker::Thread(first_pid + 1),
            sleeper: first_pid + 6,
            syscall: Some(Syscall::of(Sysno::futex)),
            count: 1,
            waited_ns: 5,
        }],
        slow_calls: Vec::new(),
        slow_call_ns: 1000,
        timeline: Some(Timeline::default()),
        cost: Cost::default(),
        losses: Losses::default(),
        not_watched: Vec::new(),
    }
}

#[test]
fn hosts_of_one_program_are_one_program() {
    let Merged { record, not_summed } =
        merge([host("10.0.0.1:80", 100), host("10.0.0.2:80", 7000)]).expect("one program");
    assert_eq!(not_summed, [NotSummed::Timeline, NotSummed::Arguments]);
    let processes: Vec<_> = record.processes.iter().map(|one| (one.pid, one.parent_pid)).collect();
    assert_eq!(processes, [(1, None), (3, Some(1))]);
    let threads: Vec<_> = record
        .threads()
        .map(|(process, one)| {
            (process.pid, one.tid, one.created_by, one.lived_ns, one.merged_count)
        })
        .collect();
    assert_eq!(
        threads,
        [
            (1, 1, Some(0), 180, 2),
            (1, 2, Some(1), 180, 2),
            (3, 3, Some(0), 180, 2),
            (3, 4, Some(3), 180, 2)
        ]
    );
    assert_eq!((record.wall_ns, record.root_pid), (200, 1));
    let peers: Vec<_> =
        record.descriptors.iter().map(|one| (one.pid, one.peer.as_deref())).collect();
    assert_eq!(peers, [(1, Some("10.0.0.1:80")), (1, Some("10.0.0.2:80"))]);
    assert_eq!(record.wakes.len(), 1);
    let wake = record.wakes[0];
    assert_eq!((wake.waker, wake.sleeper, wake.count), (Waker::Thread(2), 4, 2));
}

#[test]
fn what_hosts_had_open_is_kept_once() {
    let open = |listening| OpenDescriptor {
        fd: 3,
        descriptor: DescriptorId(0),
        listening,
        watches: vec![4],
    };
    let (mut one, mut other) = (host("a:80", 10), host("a:80", 20));
    one.processes[0].descriptors = vec![open(true)];
    one.processes[0].session_pid = Some(10);
    // Nothing with that number stands in the record.
    let unknown = OpenDescriptor { descriptor: DescriptorId(7), ..open(true) };
    other.processes[0].descriptors = vec![open(true), open(false), unknown];
    other.processes[0].session_pid = Some(3);
    let process = merged(&[&one, &other]).processes.swap_remove(0);
    assert_eq!(process.descriptors, [open(false), open(true)]);
    assert_eq!(process.descriptors_left_out, 1);
    assert_eq!(process.session_pid, Some(1));
}

#[test]
fn names_that_are_placeholders_are_no_names() {
    let mut one = host("10.0.0.1:80", 10);
    one.capture.host =
        Some(Host { kernel: "Linux 6.1".into(), cpus: 2, cpu_model: None, memory_bytes: 1 });
    let mut redacted = one.clone();
    crate::redact(&mut redacted);
    let sum = merge([redacted.clone(), redacted]).expect("one program");
    assert!(sum.record.capture.redacted);
    assert!(sum.not_summed.contains(&NotSummed::Names));
    let mixed = merge([one.clone(), sum.record]).expect("one program");
    assert!(!mixed.record.capture.redacted && mixed.not_summed.contains(&NotSummed::Names));
    assert!(!merge([one.clone(), one]).expect("one").not_summed.contains(&NotSummed::Names));
}

#[test]
fn what_differs_too_much_is_not_merged() {
    assert_eq!(merge([]), Err(MergeError::NoRecord));
    let one = host("a", 10);
    let change = |change: fn(&mut Record)| {
        let mut other = one.clone();
        change(&mut other);
        merge([one.clone(), other]).map(|_| ()).expect_err("they differ").to_string()
    };
    let program = change(|other| other.processes[0].command.executable = Some("/bin/b\n".into()));
    assert!(program.contains(r#""/usr/bin/server" and "/bin/b\n""#), "{program}");
    assert!(change(|other| other.detail = Detail::Light).contains("Light"));
    assert!(change(|other| other.slow_call_ns = 5).contains("5 ns"));
}

#[test]
fn an_updated_executable_is_still_the_same_program() {
    let (one, mut other) = (host("a", 10), host("a", 10));
    other.processes[0].command.executable = Some("/usr/bin/server (deleted)".into());
    assert!(merge([one, other]).is_ok());
}

#[test]
fn what_is_not_summed_is_said_in_a_sentence() {
    for what in [
        NotSummed::Names,
        NotSummed::Host,
        NotSummed::Command,
        NotSummed::Timeline,
        NotSummed::InFlight,
        NotSummed::Arguments,
        NotSummed::Ending,
        NotSummed::KernelCost,
        NotSummed::ForeignCallCost,
        NotSummed::NotWatched,
    ] {
        assert!(what.to_string().ends_with('.'));
    }
}

#[test]
fn a_long_chain_of_processes_is_no_danger() {
    let mut record = host("a", 10);
    let template = record.processes[1].clone();
    for pid in 100..30_000 {
        record.processes.push(Process { pid, parent_pid: Some(pid - 1), ..template.clone() });
    }
    assert_eq!(merged(&[&record, &record]).processes.len(), record.processes.len());
}
