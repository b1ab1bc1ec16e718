//! Where the report goes, and what it looks like there.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::turn::turn;

#[test]
fn a_report_for_people_goes_to_standard_error_without_colour() {
    let Some(turn) = turn() else { return };
    let ended = turn.explain(&["--", "sleep", "0.2"]).run().expect_code(0);
    assert_eq!(ended.stdout(), "");
    assert!(ended.stderr().contains("sleep"), "{}", ended.stderr());
    assert!(!ended.stderr().contains('\x1b'), "{}", ended.stderr());
}

/// Runs `whywait` with standard error on a terminal, and gives what that would show.
fn on_a_terminal(set: &[(&str, &str)]) -> String {
    let turn = turn().expect("asked before");
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let script = format!("{whywait} explain -- sleep 0.2 >/dev/null");
    let run = turn.plain(&["script", "-qefc", &script, "/dev/null"]);
    let run = set.iter().fold(run, |run, (name, value)| run.with_env(name, value));
    run.run().expect_code(0).stdout()
}

#[test]
fn on_a_terminal_it_is_coloured_unless_no_color_is_set() {
    if turn().is_none() {
        return;
    }
    let coloured = on_a_terminal(&[("TERM", "xterm-256color")]);
    assert!(coloured.contains("sleep") && coloured.contains("\x1b["), "{coloured:?}");
    let plain = on_a_terminal(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
    assert!(plain.contains("sleep") && !plain.contains("\x1b["), "{plain:?}");
}

#[test]
fn a_file_appears_whole_and_without_colour_in_the_place_of_the_one_before() {
    let Some(turn) = turn() else { return };
    let run = turn.explain(&["--out", "report", "--", "sleep", "0.1"]);
    let run = run.with_file("report", "before").with_env("CLICOLOR_FORCE", "1");
    let before = fs::File::open(run.home().join("report")).expect("the file before");
    let ended = run.run().expect_code(0);
    assert_eq!(ended.stderr(), "");
    let path = ended.home().join("report");
    let text = fs::read_to_string(&path).expect("the report");
    assert!(text.contains("sleep") && !text.contains('\x1b'), "{text:?}");
    assert_eq!(fs::metadata(&path).expect("the report").permissions().mode() & 0o777, 0o644);
    // Who had the old one open still has it: it was replaced, not written over.
    assert_eq!(before.metadata().expect("the file before").len(), 6);
    assert_eq!(fs::read_dir(ended.home()).expect("the home").count(), 1);
}

#[test]
fn a_document_can_go_to_a_device() {
    let Some(turn) = turn() else { return };
    let words = ["--format", "json", "--out", "/dev/stdout", "--", "true"];
    let ended = turn.explain(&words).run().expect_code(0);
    crate::document::diagnosis(&ended.stdout());
}

#[test]
fn the_document_says_how_it_came_about() {
    let Some(turn) = turn() else { return };
    let diagnosis = turn.diagnose(&[], &["sleep", "0.1"]).run().expect_code(0).diagnosis();
    assert_eq!(diagnosis.command[1..3], ["explain", "--format"]);
    assert_eq!(diagnosis.program.command, ["sleep", "0.1"]);
    assert!(diagnosis.machine.is_some());
    assert!(diagnosis.cost.cpu_s > 0.0);
    assert!(diagnosis.cost.per_foreign_call_ns.is_some());
    assert_eq!(diagnosis.cost.lost_events, 0, "{:?}", diagnosis.cost.losses);
    assert_eq!((diagnosis.timeline.len(), diagnosis.edges.len()), (0, 0), "none was asked for");
}

#[test]
fn a_reader_that_closes_early_changes_nothing() {
    let Some(turn) = turn() else { return };
    for words in [&["--", "sh", "-c", "exit 3"][..], &["--", "./no-such-program"]] {
        let mut run = turn.explain(words);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        run.command().stderr(Stdio::from(writer));
        drop(reader);
        run.run().expect_code(if words.len() > 2 { 3 } else { 127 });
    }
    let mut run = turn.explain(&["--out", "/dev/stdout", "--", "sh", "-c", "sleep 0.1; exit 3"]);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    run.command().stdout(Stdio::from(writer));
    let run = run.start();
    drop(reader.read(&mut [0; 1]));
    drop(reader);
    run.wait().expect_code(3);
}

#[test]
fn a_timeline_is_recorded_and_bounded_when_it_is_asked_for() {
    let Some(turn) = turn() else { return };
    let pipeline = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.01; done"];
    let whole = turn.diagnose(&["--timeline"], &pipeline).run().expect_code(0).diagnosis();
    assert!(whole.timeline.len() > 10, "{}", whole.timeline.len());
    assert!(!whole.edges.is_empty(), "the end of a child wakes its parent");
    assert_eq!(whole.timeline_cut_off, None);
    let cut = turn.diagnose(&["--timeline", "10"], &pipeline).run().expect_code(0).diagnosis();
    assert_eq!(cut.timeline.len() + cut.edges.len(), 10);
    let cut_off = cut.timeline_cut_off.expect("it was cut off");
    assert!(cut_off.entries > 0 && cut_off.at_s > 0.0, "{cut_off:?}");
}
