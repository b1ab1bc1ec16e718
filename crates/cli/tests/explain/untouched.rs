//! The program does not notice that it is watched.

use std::fs::{self, File};
use std::process::Stdio;

use crate::programs::program;
use crate::turn::{Turn, turn};
use crate::watch::{Explain, Explained};

/// What a process can know of what it was started with.
const WORLD: &str = r#"
grep -E '^(Uid|Gid|Groups|Sig[BIC]|Shd|Cap|NoNew|Seccomp:|TracerPid|Umask|Cpus_allowed_list)' \
    /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj /proc/self/cgroup /proc/self/timerslack_ns
readlink /proc/self/ns/* /proc/self/cwd
for fd in /proc/self/fd/*; do echo "${fd##*/}"; done
ulimit -a; umask; nice; pwd; env | sort
"#;

/// The output of a program in its home, the home's name taken out.
fn said(run: Explain) -> String {
    let home = run.home().to_str().expect("text").to_owned();
    run.run().expect_code(0).stdout().replace(&home, "HOME")
}

/// Runs words in a shell, without whywait and with it.
fn both(turn: &Turn, before: &str, script: &str) -> [String; 2] {
    let shell = ["sh", "-c", before, "sh"];
    let words = ["sh", "-c", script];
    let plain = turn.plain(&[&shell[..], &words].concat());
    let watched = turn.under(&shell, &[&["--out", "report", "--"][..], &words].concat());
    [said(plain), said(watched)]
}

#[test]
fn its_world_is_the_same() {
    let Some(turn) = turn() else { return };
    for before in [
        "exec \"$@\"",
        "trap '' PIPE HUP INT QUIT CHLD; exec \"$@\"",
        "exec 5>file 6<&0; umask 077; ulimit -n 100; exec nice -n 3 \"$@\"",
    ] {
        let [plain, watched] = both(&turn, before, WORLD);
        assert!(plain.contains("SigIgn:"), "{plain}");
        assert_eq!(watched, plain, "{before}");
    }
}

#[test]
fn closed_descriptors_stay_closed() {
    let Some(turn) = turn() else { return };
    // The shell's `read` fails where there is no standard input.
    let script = "read line; echo \"read: $?\"; [ ! -e /proc/self/fd/2 ]; echo \"error: $?\"";
    let [plain, watched] = both(&turn, "exec \"$@\" <&- 2>&-", script);
    assert!(plain.contains("read: 1") || plain.contains("read: 2"), "{plain}");
    assert_eq!(watched, plain);
}

#[test]
fn its_own_process_group_and_parent_are_those_of_whywait() {
    let Some(turn) = turn() else { return };
    // Columns 4 and 5 of stat(5) of procfs: the parent and the process group.
    let script = "cut -d' ' -f4,5 /proc/$$/stat";
    let mut run = turn.explain(&["--out", "report", "--", "sh", "-c", script]).start();
    let pid = run.child().id();
    let ended = run.wait().expect_code(0);
    assert_eq!(ended.stdout(), format!("{pid} {pid}\n"));
}

/// Bytes of every kind, more than a pipe holds.
fn bytes() -> Vec<u8> {
    (0..1_000_003_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn with_input(mut run: Explain) -> Explained {
    fs::write(run.home().join("input"), bytes()).expect("an input");
    let input = File::open(run.home().join("input")).expect("the input");
    run.command().stdin(Stdio::from(input));
    run.run().expect_code(0)
}

#[test]
fn its_streams_are_its_own() {
    let Some(turn) = turn() else { return };
    let script = "cat; cat input >&2; printf end; printf 'the end' >&2";
    let ended = with_input(turn.explain(&["--out", "report", "--", "sh", "-c", script]));
    let with_end = |text: &[u8]| [&bytes(), text].concat();
    let [stdout, stderr] = ended.streams();
    assert!(stdout == with_end(b"end"), "standard output has changed");
    assert!(stderr == with_end(b"the end"), "standard error has changed");
    // Without --out the report follows what the program said.
    let ended = with_input(turn.explain(&["--", "sh", "-c", script]));
    let [stdout, stderr] = ended.streams();
    assert!(stdout == with_end(b"end"), "standard output has changed");
    let report = stderr.strip_prefix(&*with_end(b"the end"));
    let report = String::from_utf8_lossy(report.expect("the program's own words come first"));
    assert!(report.lines().count() > 3, "{report}");
}

#[test]
fn a_program_that_blocks_all_signals_is_watched_to_its_end() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("blocks_signals"), "300"]).run().expect_code(4);
    assert_eq!(ended.diagnosis().program.exit_status, Some(4));
}

#[test]
fn whywait_watches_itself() {
    let Some(turn) = turn() else { return };
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let words = "compare files --files 50 --lines 2 --repeat 1 --format json --dir .";
    let words: Vec<_> = [whywait].into_iter().chain(words.split(' ')).collect();
    let models = [&words[..], &["--models", "blocking,epoll,processes:2"]].concat();
    let ended = turn.diagnose(&[], &models).run().expect_code(0);
    let comparison: serde_json::Value =
        serde_json::from_str(&ended.stdout()).expect("the document of the comparison");
    assert_eq!(comparison["schema"], "whywait.compare/1");
    // The comparison, two runs of each of three models, and two workers of two of these.
    let processes = ended.diagnosis().processes;
    assert!(processes.iter().map(|process| process.alike).sum::<u64>() >= 11, "{processes:?}");
}
