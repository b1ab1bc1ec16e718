//! How the program's end becomes whywait's own.

use std::fs;

use crate::turn::turn;

#[test]
fn the_programs_own_status_is_passed_on() {
    let Some(turn) = turn() else { return };
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("exit 255", 255)] {
        let ended = turn.diagnose(&[], &["sh", "-c", script]).run().expect_code(code);
        let program = ended.diagnosis().program;
        assert_eq!((program.exit_status, program.signal), (Some(code), None), "{script}");
    }
}

#[test]
fn a_signal_that_ended_the_program_is_passed_on_as_shells_do() {
    let Some(turn) = turn() else { return };
    for signal in [6, 9, 15] {
        let script = format!("kill -{signal} $$");
        let ended = turn.diagnose(&[], &["sh", "-c", &script]).run().expect_code(128 + signal);
        let program = ended.diagnosis().program;
        assert_eq!((program.exit_status, program.signal), (None, Some(signal)));
    }
}

#[test]
fn a_program_that_is_not_there_is_127() {
    let Some(turn) = turn() else { return };
    for program in ["no-such-program", "./no-such-program", "/no/such/program"] {
        let ended = turn.explain(&["--", program]).run().expect_code(127);
        assert!(ended.stderr().contains(program), "{}", ended.stderr());
        assert!(ended.stderr().contains("no such program"), "{}", ended.stderr());
    }
}

#[test]
fn a_program_that_cannot_be_executed_is_126() {
    let Some(turn) = turn() else { return };
    let run = turn.explain(&["--", "./plain"]).with_file("plain", "no program");
    let ended = run.run().expect_code(126);
    assert!(ended.stderr().contains("./plain"), "{}", ended.stderr());
    let run = turn.explain(&["--", "./directory"]);
    fs::create_dir(run.home().join("directory")).expect("a directory");
    run.run().expect_code(126);
}

#[test]
fn a_command_line_that_makes_no_sense_is_125() {
    let Some(turn) = turn() else { return };
    for words in [
        &[][..],
        &["--"],
        &["--pid"],
        &["--pid", "self"],
        &["--pid", "1", "--", "true"],
        &["--fromat", "json", "--", "true"],
        &["--format", "jsn", "--", "true"],
        &["--detail", "ful", "--", "true"],
        &["--duration", "soon", "--", "true"],
        &["--duration", "0", "--", "true"],
        &["--slow-call", "1", "--", "true"],
        &["--slow-call", "0 ms", "--", "true"],
        &["--timeline", "0", "--", "true"],
    ] {
        let ended = turn.explain(words).run().expect_code(125);
        assert_ne!(ended.stderr(), "", "{words:?}");
        assert_eq!(ended.stdout(), "", "{words:?}");
    }
}

#[test]
fn the_program_need_not_stand_behind_a_double_hyphen() {
    let Some(turn) = turn() else { return };
    let run = turn.explain(&["--out", "report", "sh", "-c", "exit $1", "--", "5"]);
    run.run().expect_code(5);
}

#[test]
fn help_is_success() {
    let Some(turn) = turn() else { return };
    let ended = turn.explain(&["--help"]).run().expect_code(0);
    for word in ["[--] CMD", "--pid", "125", "126", "127", "Ctrl-C", "Examples"] {
        assert!(ended.stdout().contains(word), "{word}:\n{}", ended.stdout());
    }
}
