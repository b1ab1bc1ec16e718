//! The end before the program's end: Ctrl-C and its kin, and `--duration`.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Signal, kill_process, kill_process_group};

use crate::processes::{eventually, marked};
use crate::programs::program;
use crate::turn::turn;

/// Long enough that signals are no longer taken for one wish.
const LATER: Duration = Duration::from_millis(500);

#[test]
fn ctrl_c_ends_the_program_and_its_report_is_shown() {
    let Some(turn) = turn() else { return };
    let script = "touch ready; exec sleep 600";
    let mut run = turn.diagnose(&[], &["sh", "-c", script]).start();
    run.wait_for("ready");
    // A terminal sends it to the whole process group.
    kill_process_group(run.pid(), Signal::INT).expect("it runs");
    let diagnosis = run.wait().expect_code(130).diagnosis();
    assert!(!diagnosis.processes.is_empty(), "{}", diagnosis.verdict);
}

#[test]
fn a_program_that_ends_by_ctrl_c_in_its_own_way_is_waited_for() {
    let Some(turn) = turn() else { return };
    let script = "trap 'sleep 0.3; exit 9' INT; touch ready; while :; do sleep 0.01; done";
    let mut run = turn.diagnose(&[], &["sh", "-c", script]).start();
    run.wait_for("ready");
    kill_process_group(run.pid(), Signal::INT).expect("it runs");
    run.wait().expect_code(9);
}

#[test]
fn whywait_alone_is_ended_and_the_program_goes_on() {
    let Some(turn) = turn() else { return };
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let script = "touch ready; sleep 2; while [ ! -e end ]; do sleep 0.1; done; touch ended";
        let mut run = turn.diagnose(&[], &["sh", "-c", script]).start();
        run.wait_for("ready");
        kill_process(run.pid(), signal).expect("it runs");
        let ended = run.wait().expect_code_of_a_survivor(code);
        let program = ended.diagnosis().program;
        assert_eq!((program.exit_status, program.signal), (None, None));
        let told = format!("goes on as process {}", program.pid);
        assert!(ended.stderr().contains(&told), "{}", ended.stderr());
        let goes_on = marked(ended.home());
        let goes_on = goes_on.iter().map(|process| process.pid.as_raw_nonzero().get());
        assert!(goes_on.into_iter().any(|pid| pid.cast_unsigned() == program.pid));
        fs::write(ended.home().join("end"), "").expect("a file");
        eventually("the program's own end", || marked(ended.home()).is_empty());
        assert!(ended.home().join("ended").exists());
    }
}

#[test]
fn a_signal_that_is_sent_twice_at_once_is_one_wish() {
    let Some(turn) = turn() else { return };
    // timeout(1) sends it to whywait, and then to the process group with whywait in it.
    let words = ["--format", "json", "--out", "report", "--"];
    let words = [&words[..], &["sh", "-c", "touch ready; exec sleep 600"]].concat();
    let mut run = turn.under(&["timeout", "600"], &words).start();
    run.wait_for("ready");
    // What timeout(1) does when it is told to end.
    kill_process(run.pid(), Signal::INT).expect("it runs");
    run.wait().expect_code(130).diagnosis();
}

#[test]
fn the_second_ctrl_c_ends_whywait_at_once() {
    let Some(turn) = turn() else { return };
    let script = "trap '' INT; touch ready; sleep 600";
    let mut run = turn.diagnose(&[], &["sh", "-c", script]).start();
    run.wait_for("ready");
    kill_process_group(run.pid(), Signal::INT).expect("it runs");
    run.wait_for("report");
    sleep(LATER);
    kill_process_group(run.pid(), Signal::INT).expect("it still waits for the program");
    let ended = run.wait().expect_code_of_a_survivor(130);
    // It had no time to say so.
    assert!(!ended.stderr().contains("goes on"), "{}", ended.stderr());
    assert!(ended.end_survivors().expect("they are ours"), "the program went on");
}

#[test]
fn signals_that_are_ignored_stay_ignored() {
    let Some(turn) = turn() else { return };
    let ignoring = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"];
    let script = "touch ready; while [ ! -e end ]; do sleep 0.1; done";
    let words = ["--out", "report", "--", "sh", "-c", script];
    let mut run = turn.under(&ignoring, &words).start();
    run.wait_for("ready");
    kill_process_group(run.pid(), Signal::HUP).expect("it runs");
    sleep(LATER);
    fs::write(run.home().join("end"), "").expect("a file");
    run.wait().expect_code(0);
}

#[test]
fn after_the_duration_the_report_is_there_and_the_program_is_waited_for() {
    let Some(turn) = turn() else { return };
    let script = "while [ ! -e report ]; do sleep 0.01; done; sleep 0.3; exit 6";
    let ended = turn.diagnose(&["--duration", "200 ms"], &["sh", "-c", script]).run();
    let ended = ended.expect_code(6);
    let diagnosis = ended.diagnosis();
    // It was watched only until then.
    assert_eq!((diagnosis.program.exit_status, diagnosis.program.signal), (None, None));
    assert!(diagnosis.wall_s >= 0.2, "{}", diagnosis.wall_s);
}

#[test]
fn ctrl_c_after_the_duration_leaves_the_program_running() {
    let Some(turn) = turn() else { return };
    let script = "trap '' INT; touch ready; sleep 600";
    let mut run = turn.diagnose(&["--duration", "100ms"], &["sh", "-c", script]).start();
    run.wait_for("ready");
    run.wait_for("report");
    kill_process_group(run.pid(), Signal::INT).expect("it waits for the program");
    let ended = run.wait().expect_code_of_a_survivor(130);
    assert!(ended.stderr().contains("goes on as process"), "{}", ended.stderr());
    assert!(ended.end_survivors().expect("they are ours"), "the program went on");
}

#[test]
fn a_duration_that_is_longer_than_the_program_changes_nothing() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&["--duration", "10 min"], &["sh", "-c", "exit 2"]).run();
    assert_eq!(ended.expect_code(2).diagnosis().program.exit_status, Some(2));
}

#[test]
fn a_killed_whywait_leaves_the_program_alone_and_nothing_in_the_kernel() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let script = "touch ready; while [ ! -e end ]; do sleep 0.05; done; touch ended";
        let options = ["--detail", detail];
        let mut run = turn.diagnose(&options, &["sh", "-c", script]).start();
        run.wait_for("ready");
        let ours = turn.programs();
        assert!(!ours.is_empty(), "nothing is attached while it is watched");
        kill_process(run.pid(), Signal::KILL).expect("it runs");
        let ended = run.wait();
        assert_eq!(ended.status().code(), None);
        ours.expect_gone();
        assert!(!marked(ended.home()).is_empty(), "the program goes on");
        fs::write(ended.home().join("end"), "").expect("a file");
        eventually("the program's own end", || marked(ended.home()).is_empty());
        assert!(ended.home().join("ended").exists(), "it came to its end");
        let names = fs::read_dir(ended.home()).expect("the home").flatten();
        let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        assert_eq!(names.len(), 3, "only what the program made: {names:?}");
    }
}

#[test]
fn a_program_that_blocks_all_signals_goes_on_after_ctrl_c() {
    let Some(turn) = turn() else { return };
    let mut run = turn.diagnose(&[], &[&program("blocks_signals"), "600000"]).start();
    run.wait_for("ready");
    kill_process_group(run.pid(), Signal::INT).expect("it runs");
    let ended = run.wait().expect_code_of_a_survivor(130);
    assert!(ended.stderr().contains("goes on as process"), "{}", ended.stderr());
    assert!(ended.end_survivors().expect("they are ours"), "the program went on");
}
