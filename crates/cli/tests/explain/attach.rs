//! Programs that run already: `--pid`.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::processes::eventually;
use crate::programs::program;
use crate::turn::turn;

/// A program of the test's own, which ends with the test.
struct Bystander {
    child: Child,
    pid: String,
}

impl Bystander {
    fn start(words: &[&str]) -> Self {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("a program that is there");
        Self { pid: child.id().to_string(), child }
    }

    /// Whether it runs still.
    fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        // What has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The state of a process in stat(5) of procfs, such as `Z`.
fn state(pid: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

const JSON: [&str; 6] = ["--format", "json", "--out", "report", "--duration", "500ms"];

#[test]
fn a_running_program_is_watched_for_the_duration_and_left_running() {
    let Some(turn) = turn() else { return };
    for detail in ["light", "full"] {
        let mut ticker = Bystander::start(&["sh", "-c", "while :; do sleep 0.02; done"]);
        let words = [&["--pid", &*ticker.pid, "--detail", detail], &JSON[..]].concat();
        let diagnosis = turn.explain(&words).run().expect_code(0).diagnosis();
        assert!(diagnosis.wall_s >= 0.5, "{}", diagnosis.wall_s);
        assert_eq!(diagnosis.program.pid.to_string(), ticker.pid);
        assert_eq!(diagnosis.program.command[..2], ["sh", "-c"]);
        assert_eq!((diagnosis.program.exit_status, diagnosis.program.signal), (None, None));
        // Children that it makes meanwhile are watched too.
        let children = diagnosis.processes.iter().filter(|process| process.command[0] == "sleep");
        assert!(children.map(|process| process.alike).sum::<u64>() > 0);
        assert!(ticker.runs());
    }
}

#[test]
fn light_detail_is_the_default_and_says_so() {
    let Some(turn) = turn() else { return };
    let sleeper = Bystander::start(&["sleep", "600"]);
    let words = [&["--pid", &*sleeper.pid], &JSON[..]].concat();
    let diagnosis = turn.explain(&words).run().expect_code(0).diagnosis();
    assert_eq!(serde_json::to_value(diagnosis.detail).expect("a name"), "light");
    assert_eq!(diagnosis.cost.per_foreign_call_ns, None);
}

#[test]
fn a_call_that_began_before_and_goes_on_after_is_counted_in() {
    let Some(turn) = turn() else { return };
    let sleeper = Bystander::start(&["sleep", "600"]);
    for detail in ["light", "full"] {
        let words = [&["--pid", &*sleeper.pid, "--detail", detail], &JSON[..]].concat();
        let diagnosis = turn.explain(&words).run().expect_code(0).diagnosis();
        let thread = &diagnosis.processes[0].threads[0];
        let (slept_s, lived_s) = (thread.ledger_s.sleep, thread.lived_s);
        assert!(slept_s > 0.99 * lived_s && lived_s > 0.45, "{detail}: {slept_s} of {lived_s}");
    }
}

#[test]
fn watching_ends_with_the_process() {
    let Some(turn) = turn() else { return };
    let sleeper = Bystander::start(&["sleep", "600"]);
    let words = ["--pid", &*sleeper.pid, "--format", "json", "--out", "report"];
    let run = turn.explain(&words).start();
    eventually("something attached", || !turn.programs().is_empty());
    let pid = Pid::from_child(&sleeper.child);
    kill_process(pid, Signal::KILL).expect("it runs");
    run.wait().expect_code(0).diagnosis();
}

#[test]
fn ctrl_c_is_the_end_that_was_asked_for() {
    let Some(turn) = turn() else { return };
    let mut sleeper = Bystander::start(&["sleep", "600"]);
    let words = ["--pid", &*sleeper.pid, "--format", "json", "--out", "report"];
    let run = turn.explain(&words).start();
    eventually("something attached", || !turn.programs().is_empty());
    kill_process(run.pid(), Signal::INT).expect("it runs");
    run.wait().expect_code(0).diagnosis();
    assert!(sleeper.runs());
}

#[test]
fn a_process_that_is_not_there_is_refused() {
    let Some(turn) = turn() else { return };
    // Numbers end at /proc/sys/kernel/pid_max, which is at most 2^22.
    for pid in ["0", "4194305", "4294967295"] {
        let ended = turn.explain(&["--pid", pid]).run().expect_code(125);
        assert!(ended.stderr().contains(pid), "{}", ended.stderr());
        assert!(ended.stderr().contains("no such process"), "{}", ended.stderr());
    }
}

#[test]
fn a_zombie_is_refused() {
    let Some(turn) = turn() else { return };
    let ended = Bystander::start(&["true"]);
    eventually("a zombie", || state(&ended.pid) == Some('Z'));
    let run = turn.explain(&["--pid", &ended.pid]).run().expect_code(125);
    assert!(run.stderr().contains("has ended"), "{}", run.stderr());
}

#[test]
fn a_thread_of_the_kernel_is_refused() {
    let Some(turn) = turn() else { return };
    // kthreadd; in a pid namespace 2 is somebody else.
    if std::fs::read_to_string("/proc/2/comm").is_ok_and(|name| name == "kthreadd\n") {
        let ended = turn.explain(&["--pid", "2"]).run().expect_code(125);
        assert!(ended.stderr().contains("thread of the kernel"), "{}", ended.stderr());
    } else {
        eprintln!("NOT CHECKED: process 2 is no thread of the kernel here");
    }
}

#[test]
fn whywait_does_not_watch_itself() {
    let Some(turn) = turn() else { return };
    let words = ["sh", "-c", "exec \"$@\" --pid $$", "sh"];
    let ended = turn.under(&words, &[]).run().expect_code(125);
    assert!(ended.stderr().contains("whywait itself"), "{}", ended.stderr());
}

#[test]
fn a_number_of_a_thread_leads_to_its_process() {
    let Some(turn) = turn() else { return };
    let threads = Bystander::start(&[&program("many_threads"), "3", "600000"]);
    let directory = format!("/proc/{}/task", threads.pid);
    let mut tids = Vec::new();
    eventually("a second thread", || {
        let names = std::fs::read_dir(&directory).expect("it runs").flatten();
        tids = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        tids.len() > 1
    });
    let tid = tids.iter().find(|tid| **tid != threads.pid).expect("a second one");
    let ended = turn.explain(&["--pid", tid]).run().expect_code(125);
    assert!(ended.stderr().contains(&format!("--pid {}", threads.pid)), "{}", ended.stderr());
}

#[test]
fn a_program_that_is_traced_by_another_can_be_watched() {
    let Some(turn) = turn() else { return };
    let script = "echo $$ >\"$0\"; while [ -e \"$0\" ]; do sleep 0.02; done";
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("pid");
    let path = file.to_str().expect("text");
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("NOT CHECKED: strace(1) is not here");
        return;
    }
    let _tracer = Bystander::start(&["strace", "-f", "-o", "/dev/null", "sh", "-c", script, path]);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    eventually("the number of the program", || read().ends_with('\n'));
    let pid = read().trim().to_owned();
    for detail in ["light", "full"] {
        let words = [&["--pid", &*pid, "--detail", detail], &JSON[..]].concat();
        let diagnosis = turn.explain(&words).run().expect_code(0).diagnosis();
        assert_eq!(diagnosis.program.pid.to_string(), pid);
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    assert!(!status.contains("TracerPid:\t0\n"), "its tracer lost it");
}
