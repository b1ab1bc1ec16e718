//! Where the result goes, and how it looks there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::whywait::{Whywait, comparison, entries};

const TINY: &str = "compare files --files 3 --lines 1 --line-length 9 --repeat 1 --dir work \
                    --models blocking,thread-pool:2";

fn tiny(more: &str) -> Whywait {
    Whywait::new(TINY.split_whitespace().chain(more.split_whitespace()))
}

#[test]
fn a_table_in_a_pipe_has_no_colour_and_no_progress() {
    let ended = tiny("").run().expect_code(0);
    assert!(ended.stdout().contains("thread-pool:2"), "{}", ended.stdout());
    assert!(!ended.stdout().contains('\x1b'), "{:?}", ended.stdout());
    assert_eq!(ended.stderr(), "");
}

/// Runs the program with a terminal as its standard output, and gives what that would show.
fn on_a_terminal(set: &[(&str, &str)]) -> String {
    let script = "script -qefc \"$* 2>progress\" /dev/null";
    let started = Whywait::under(["sh", "-c", script, "sh"], TINY.split_whitespace());
    let started = set.iter().fold(started, |run, (name, value)| run.with_env(name, value));
    started.run().expect_code(0).stdout().to_owned()
}

#[test]
fn a_table_on_a_terminal_is_coloured_unless_no_color_is_set() {
    let coloured = on_a_terminal(&[("TERM", "xterm-256color")]);
    assert!(coloured.contains("thread-pool:2") && coloured.contains("\x1b["), "{coloured:?}");
    let plain = on_a_terminal(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
    assert!(plain.contains("thread-pool:2") && !plain.contains("\x1b["), "{plain:?}");
}

#[test]
fn a_file_appears_whole_in_the_place_of_the_one_before() {
    let run = tiny("--format json --out result.json");
    let path = run.home().join("result.json");
    fs::write(&path, "what was here before, and longer than nothing").expect("a file");
    let before = fs::File::open(&path).expect("the file before");
    let ended = run.run().expect_code(0);
    let path = ended.home().join("result.json");
    assert_eq!(ended.stdout(), "");
    assert!(comparison(&fs::read_to_string(&path).expect("the result")).equal_results);
    let mode = fs::metadata(&path).expect("the result").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    // Who had the old one open still has it: it was replaced, not written over.
    assert_eq!(before.metadata().expect("the file before").len(), 45);
    assert_eq!(entries(ended.home()).len(), 2, "only `work` and the result");
}

#[test]
fn a_table_in_a_file_has_no_colour() {
    let ended = tiny("--out result.txt").with_env("CLICOLOR_FORCE", "1").run().expect_code(0);
    let text = fs::read_to_string(ended.home().join("result.txt")).expect("the result");
    assert!(text.contains("thread-pool:2") && !text.contains('\x1b'), "{text:?}");
}

#[test]
fn the_file_before_stays_when_there_is_no_result() {
    let run = tiny("--out result.txt --dir nowhere");
    fs::write(run.home().join("result.txt"), "before").expect("a file");
    let ended = run.run().expect_code(2);
    let text = fs::read_to_string(ended.home().join("result.txt")).expect("the file before");
    assert_eq!(text, "before");
    assert_eq!(entries(ended.home()).len(), 2, "only `work` and the file before");
}
