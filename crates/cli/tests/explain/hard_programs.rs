//! Programs that make it hard to watch them.

use std::fs;

use rustix::process::{Signal, kill_process};

use whywait_report::Shape;

use crate::programs::program;
use crate::turn::turn;

#[test]
fn three_thousand_children_in_three_seconds() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("forks"), "3000"]).run().expect_code(0);
    assert_eq!(ended.stdout(), "3000 children\n");
    let diagnosis = ended.diagnosis();
    let seen: u64 = diagnosis.processes.iter().map(|process| process.alike).sum();
    assert_eq!(seen + diagnosis.cost.losses.threads, 3001, "{:?}", diagnosis.cost.losses);
    // What is kept of processes that have ended is bounded.
    assert!(diagnosis.processes.len() < 300, "{}", diagnosis.processes.len());
    assert!(diagnosis.cost.memory_bytes < 64 << 20, "{}", diagnosis.cost.memory_bytes);
}

#[test]
fn twenty_thousand_threads_one_after_the_other() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("makes_threads"), "20000"]).run().expect_code(0);
    assert_eq!(ended.stdout(), "20000 threads\n");
    let diagnosis = ended.diagnosis();
    let losses = &diagnosis.cost.losses;
    let threads = &diagnosis.processes[0].threads;
    let seen: u64 = threads.iter().map(|thread| thread.alike).sum();
    assert_eq!(seen + losses.threads, 20_001, "{losses:?}");
    // One that makes a thread and waits for it at once hands its work over.
    assert_eq!(diagnosis.shape, Shape::HandOffAndWait, "{}", diagnosis.verdict);
    // There is room for the wakings of fewer: each of these wakes the one that waits for it.
    assert_eq!(losses.wakes, 0, "{losses:?}");
    assert!(diagnosis.cost.memory_bytes < 64 << 20, "{}", diagnosis.cost.memory_bytes);
}

#[test]
fn calls_of_32_bit_code_are_counted_and_said_not_to_be_judged() {
    let Some(turn) = turn() else { return };
    let program = program("calls_by_32_bit_numbers");
    if !turn.plain(&[&program]).run().status().success() {
        eprintln!("NOT CHECKED: this kernel runs no 32-bit code");
        return;
    }
    let diagnosis = turn.diagnose(&[], &[&program]).run().expect_code(0).diagnosis();
    let said = diagnosis.not_watched.iter().find(|one| one.contains("32-bit")).expect("a sentence");
    assert!(said.starts_with("1,000 system calls"), "{said}");
    let diagnosis = turn.diagnose(&[], &["true"]).run().expect_code(0).diagnosis();
    assert_eq!(diagnosis.not_watched, [""; 0]);
}

#[test]
fn one_that_executes_another() {
    let Some(turn) = turn() else { return };
    let script = "sleep 0.1; exec sh -c 'exec sleep 0.2'";
    let diagnosis = turn.diagnose(&[], &["sh", "-c", script]).run().expect_code(0).diagnosis();
    let root = diagnosis.program.pid;
    let first = diagnosis.processes.iter().find(|process| process.pid == root).expect("the root");
    assert_eq!(first.command, ["sleep", "0.2"]);
    assert_eq!(first.threads.len(), 1);
    let ledger = first.threads[0].ledger_s;
    assert!(ledger.sleep >= 0.19, "{ledger:?}");
    // It may get a CPU back only when the first child has slept for some time already.
    assert!(ledger.child > 0.0 && ledger.child + ledger.runnable >= 0.09, "{ledger:?}");
}

#[test]
fn one_whose_second_thread_executes_another() {
    let Some(turn) = turn() else { return };
    let words = [&*program("executes_from_a_thread")];
    let diagnosis = turn.diagnose(&[], &words).run().expect_code(0).diagnosis();
    let root = &diagnosis.processes[0];
    assert_eq!(root.pid, diagnosis.program.pid);
    assert_eq!(root.command, ["sleep", "0.2"]);
    let slept_s: f64 = root.threads.iter().map(|thread| thread.ledger_s.sleep).sum();
    assert!(slept_s >= 0.19, "{:?}", root.threads);
}

#[test]
fn one_that_becomes_another_user() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("changes_user")]).run().expect_code(0);
    assert_eq!(ended.stdout(), "user 65534\n");
    let thread = &ended.diagnosis().processes[0].threads[0];
    assert!(thread.calls["write"].count >= 10 && thread.calls["read"].count >= 10);
}

#[test]
fn one_that_ends_in_the_middle_of_calls() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("exits_mid_call")]).run().expect_code(7);
    let diagnosis = ended.diagnosis();
    let threads = &diagnosis.processes[0].threads;
    assert_eq!(threads.iter().map(|thread| thread.alike).sum::<u64>(), 3);
    // The call that never returned is where that thread's time went.
    let reads = threads
        .iter()
        .map(|thread| thread.ledger_s)
        .max_by(|one, other| one.data.total_cmp(&other.data));
    let reads = reads.expect("three threads");
    assert!(reads.data >= 0.1 && reads.data + reads.runnable >= 0.19, "{threads:?}");
}

#[test]
fn two_thousand_threads() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let words = [&*program("many_threads"), "2000", "200"];
        let run = turn.diagnose(&["--detail", detail], &words).start();
        let status = format!("/proc/{}/status", run.pid().as_raw_nonzero());
        let mut peak_kib = 0;
        while let Some(now_kib) = peak_memory_kib(&status) {
            peak_kib = now_kib.max(peak_kib);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let ended = run.wait().expect_code(0);
        assert_eq!(ended.stdout(), "2000 threads\n");
        let diagnosis = ended.diagnosis();
        let threads = diagnosis.processes.iter().flat_map(|process| &process.threads);
        assert_eq!(threads.map(|thread| thread.alike).sum::<u64>(), 2001, "{detail}");
        let memory_bytes = diagnosis.cost.memory_bytes.max(peak_kib << 10);
        assert!(memory_bytes < 64 << 20, "{detail}: {memory_bytes} bytes");
    }
}

#[test]
fn one_that_does_more_than_there_is_room_for_while_whywait_is_kept_from_looking() {
    let Some(turn) = turn() else { return };
    let script = "touch ready; while [ ! -e go ]; do sleep 0.01; done
        for turn in 1 2 3; do \"$0\" 2000 50; sleep 0.5; done; touch ended";
    let words = ["sh", "-c", script, &program("many_threads")];
    let [lossy, whole] = [true, false].map(|is_stopped| {
        let mut run = turn.diagnose(&[], &words).start();
        run.wait_for("ready");
        if is_stopped {
            kill_process(run.pid(), Signal::STOP).expect("it runs");
        }
        fs::write(run.home().join("go"), "").expect("a file");
        run.wait_for("ended");
        kill_process(run.pid(), Signal::CONT).expect("it runs");
        run.wait().expect_code(0).diagnosis()
    });
    for diagnosis in [&lossy, &whole] {
        let all = diagnosis.processes.iter().flat_map(|process| &process.threads);
        let sleepers = all.filter(|thread| thread.name == "many_threads");
        let found: u64 = sleepers.map(|thread| thread.alike).sum();
        let losses = &diagnosis.cost.losses;
        // The sleeps of `sh` may be lost too, once there is no room.
        assert!((3 * 2001..=3 * 2001 + 4).contains(&(found + losses.threads)), "{losses:?}");
    }
    assert!(lossy.cost.losses.threads > 1000, "{:?}", lossy.cost.losses);
    assert!(lossy.cost.losses.slow_calls > 1000, "{:?}", lossy.cost.losses);
    assert!(lossy.cost.lost_events >= lossy.cost.losses.threads);
    assert_eq!(whole.cost.lost_events, 0, "{:?}", whole.cost.losses);
}

/// The most memory that a process had at once; none once it has ended.
fn peak_memory_kib(status: &str) -> Option<u64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn one_that_uses_a_descriptor_for_one_thing_after_another() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("reuses_descriptors")]).run().expect_code(0);
    let diagnosis = ended.diagnosis();
    // The reader comes as late to its call, or sees its end as late, as the machine is busy.
    for (name, least_s, most_s) in [("first", 0.1, 2.0), ("second", 0.3, 2.0)] {
        let waits = diagnosis.waits.iter().filter(|wait| {
            let path = wait.path.as_deref().unwrap_or_default();
            wait.syscall.as_deref() == Some("read") && path.ends_with(&format!("/{name}"))
        });
        let waited_s: f64 = waits.map(|wait| wait.waiting_s).sum();
        assert!((least_s..most_s).contains(&waited_s), "{name}: {waited_s}");
    }
}

#[test]
fn one_whose_loop_hangs_when_watching_ends() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let options = ["--detail", detail, "--duration", "6 s"];
        let ended = turn.diagnose(&options, &[&program("hangs_in_loop")]).run().expect_code(0);
        let diagnosis = ended.diagnosis();
        assert_eq!(diagnosis.shape, Shape::EventLoop, "{detail}: {}", diagnosis.verdict);
        let finding = &diagnosis.findings[0];
        assert_eq!(finding.name, "blocking-in-loop", "{detail}");
        assert!(finding.evidence.contains("had been in read("), "{detail}: {}", finding.evidence);
        assert!(finding.seconds >= 1.0, "{detail}: {}", finding.seconds);
    }
}

#[test]
fn one_in_a_pid_namespace_of_its_own() {
    let Some(turn) = turn() else { return };
    let words = ["unshare", "-pf", "--kill-child", "sh", "-c", "sleep 0.2; exit 3"];
    let ended = turn.diagnose(&[], &words).run().expect_code(3);
    let diagnosis = ended.diagnosis();
    let sleep = diagnosis.processes.iter().find(|process| process.command == ["sleep", "0.2"]);
    let sleep = sleep.expect("it was watched");
    assert!(sleep.threads[0].ledger_s.sleep >= 0.19, "{:?}", sleep.threads[0]);
    // Numbers are those that whywait sees, where the first few are not theirs.
    assert!(diagnosis.processes.iter().all(|process| process.pid > 10));
}

#[test]
fn whywait_itself_in_a_pid_namespace() {
    let Some(turn) = turn() else { return };
    let wrapper = ["unshare", "-pf", "--mount-proc", "--kill-child"];
    let words = ["--format", "json", "--out", "report", "--", "sh", "-c", "sleep 0.2; exit 3"];
    let diagnosis = turn.under(&wrapper, &words).run().expect_code(3).diagnosis();
    assert!(diagnosis.program.pid < 100, "numbers are those that whywait sees");
    let sleep = diagnosis.processes.iter().find(|process| process.command == ["sleep", "0.2"]);
    assert!(sleep.expect("it was watched").threads[0].ledger_s.sleep >= 0.19);
}

#[test]
fn one_that_leaves_a_child_behind() {
    let Some(turn) = turn() else { return };
    let script = "(sleep 0.3; touch ended) & exit 5";
    let ended = turn.diagnose(&[], &["sh", "-c", script]).run().expect_code_of_a_survivor(5);
    crate::processes::eventually("the child's own end", || ended.home().join("ended").exists());
    assert_eq!(ended.diagnosis().program.exit_status, Some(5));
}
