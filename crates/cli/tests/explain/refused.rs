//! Where watching is not possible: the reason is told, and the program does not begin.

use std::process::Command;

use crate::turn::{Turn, turn};
use crate::watch::Explained;

/// A user without any privilege.
const NOBODY: [&str; 5] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

/// Runs `whywait explain` under a wrapper; the program says by a file that it began.
#[track_caller]
fn refused(turn: &Turn, wrapper: &[&str]) -> Explained {
    let run = turn.under(wrapper, &["--", "touch", "began"]);
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(run.home(), everybody).expect("the home is ours");
    let ended = run.run().expect_code(125);
    assert!(!ended.home().join("began").exists(), "the program began");
    assert_eq!(ended.stdout(), "");
    ended
}

/// Whether a command succeeds; says so if it does not.
fn works(words: &[&str]) -> bool {
    let works = Command::new(words[0]).args(&words[1..]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("NOT CHECKED: {} does not work here", words.join(" "));
    }
    works
}

/// The binary is under a directory that only its owner may enter, perhaps.
fn nobody_may_run_whywait() -> bool {
    works(&[&NOBODY[..], &[env!("CARGO_BIN_EXE_whywait"), "--version"]].concat())
}

#[test]
fn without_permission_the_capabilities_are_named() {
    let Some(turn) = turn() else { return };
    if nobody_may_run_whywait() {
        let ended = refused(&turn, &NOBODY);
        for word in ["CAP_BPF", "CAP_PERFMON", "root"] {
            assert!(ended.stderr().contains(word), "{word}: {}", ended.stderr());
        }
    }
}

#[test]
fn a_single_capability_that_lacks_is_named() {
    let Some(turn) = turn() else { return };
    let without =
        ["setpriv", "--bounding-set=-perfmon,-sys_admin", "--inh-caps=-perfmon,-sys_admin", "--"];
    if works(&[&without[..], &["true"]].concat()) {
        let ended = refused(&turn, &without);
        assert!(ended.stderr().contains("CAP_PERFMON"), "{}", ended.stderr());
    }
}

#[test]
fn somebody_elses_process_is_not_watched_without_permission() {
    let Some(turn) = turn() else { return };
    if nobody_may_run_whywait() {
        let ended = turn.under(&NOBODY, &["--pid", "1"]).run().expect_code(125);
        assert!(ended.stderr().contains("CAP_"), "{}", ended.stderr());
    }
}

#[test]
fn a_kernel_that_does_not_describe_its_types_is_refused() {
    let Some(turn) = turn() else { return };
    let hidden = "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"";
    let wrapper = ["unshare", "-m", "sh", "-c", hidden, "sh"];
    if works(&[&wrapper[..], &["true"]].concat()) {
        let ended = refused(&turn, &wrapper);
        assert!(ended.stderr().contains("/sys/kernel/btf"), "{}", ended.stderr());
        assert!(ended.stderr().contains("CONFIG_DEBUG_INFO_BTF"), "{}", ended.stderr());
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_program_begins() {
    let Some(turn) = turn() else { return };
    for out in ["nowhere/report", "/proc/report", "."] {
        let ended = turn.explain(&["--out", out, "--", "touch", "began"]).run().expect_code(125);
        assert!(ended.stderr().contains(&format!("written to {out}")), "{}", ended.stderr());
        assert!(!ended.home().join("began").exists(), "the program began");
    }
}

#[test]
fn names_in_errors_do_not_reach_the_terminal_raw() {
    let Some(turn) = turn() else { return };
    let ended = turn.explain(&["--", "./no\x1b[31m\u{9b}2Jprogram\r"]).run().expect_code(127);
    let stderr = ended.stderr();
    let raw = stderr.chars().filter(|letter| letter.is_control() && *letter != '\n').count();
    assert_eq!(raw, 0, "{stderr:?}");
    assert!(stderr.contains("program"), "{stderr:?}");
}
