//! Working files on a filesystem that is small, full or read-only.
//!
//! Each test mounts a tmpfs in a mount namespace of its own, which takes privileges; without them
//! it says so and checks nothing.

use std::fs;
use std::process::Command;

use whywait_report::Status;

use crate::whywait::{Ended, Whywait, run_of};

/// Mounts a tmpfs with the options $1 on `work`, runs what $2 says beside what follows, and
/// writes what is left in `work` to `left`.
const IN_A_TMPFS: &str = r#"
mount -t tmpfs -o "$1" tmpfs work || exit 99
beside=$2
shift 2
if [ -n "$beside" ]; then sh -c "$beside" & fi
"$@"
code=$?
wait
ls -A work >left
exit $code
"#;

/// Runs `whywait` with a tmpfs as `work` and a shell script beside it; none without privileges.
fn in_a_tmpfs(
    options: &'static str,
    beside: &'static str,
    plan: &str,
    words: &str,
) -> Option<Ended> {
    let tried = Command::new("unshare").args(["-m", "true"]).output();
    let why = match tried {
        Ok(output) if output.status.success() => {
            let wrapper = ["unshare", "-m", "sh", "-c", IN_A_TMPFS, "sh", options, beside];
            let run = Whywait::under(wrapper, words.split_whitespace()).with_plan(plan);
            let ended = run.run();
            assert_ne!(ended.code(), Some(99), "no tmpfs could be mounted: {}", ended.stderr());
            let left = fs::read_to_string(ended.home().join("left")).expect("what is left");
            assert_eq!(left, "", "files are left");
            return Some(ended);
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("unshare(1): {error}"),
    };
    eprintln!("NOT CHECKED: a filesystem cannot be mounted without privileges ({why})");
    None
}

/// One file of 100 KiB.
const ONE_FILE: &str =
    "name = \"one\"\n[[flow]]\nsteps = [ { write_file = { path = \"a\", size = \"100 KiB\" } } ]\n";

#[test]
fn too_little_room_is_told_with_both_numbers_before_anything_runs() {
    let words = "compare files --files 1000 --dir work --models blocking";
    let Some(ended) = in_a_tmpfs("size=1m", "", ONE_FILE, words) else { return };
    let ended = ended.expect_code(1);
    assert_eq!(ended.stdout(), "");
    insta::assert_snapshot!(ended.stderr());
}

#[test]
fn a_directory_that_takes_nothing_is_told_with_the_cause() {
    let Some(ended) = in_a_tmpfs("ro", "", ONE_FILE, "compare files --dir work") else { return };
    let ended = ended.expect_code(1);
    assert_eq!(ended.stdout(), "");
    insta::assert_snapshot!(ended.stderr());
}

#[test]
fn files_that_cannot_be_made_fail_each_model_by_itself() {
    let words = "compare files --files 100 --lines 1 --dir work --repeat 1 --format json";
    let Some(ended) = in_a_tmpfs("size=64m,nr_inodes=50", "", ONE_FILE, words) else { return };
    let comparison = ended.expect_code(1).comparison();
    for run in &comparison.runs {
        let reason = run.reason.as_deref().unwrap_or_default();
        let model = &run.contestant.model;
        assert_eq!(run.status, Status::Failed, "{model}: {reason}");
        assert!(reason.contains("No space left on device"), "{model}: {reason}");
    }
}

#[test]
fn who_finds_the_disk_full_fails_and_who_comes_later_runs() {
    // Somebody else fills the disk during the first model's run, and makes room during the
    // second's. Each sleeps long enough for that before it writes.
    let plan = r#"
name = "late writers"
[[flow]]
count = 4
steps = [
  { create = "{flow}.bin" },
  { sleep = "3 s" },
  { write = "256 KiB" },
  { close = true },
]
"#;
    let beside = "
runs() { find work -name 0.bin 2>find.log | wc -l; }
while [ $(runs) -lt 1 ]; do sleep 0.02; done
dd if=/dev/zero of=work/filler bs=4096 2>dd.log
while [ $(runs) -lt 2 ]; do sleep 0.02; done
rm work/filler
";
    let words = "compare plan.toml --dir work --repeat 1 --models threads,epoll --format json";
    let Some(ended) = in_a_tmpfs("size=16m", beside, plan, words) else { return };
    let comparison = ended.expect_code(1).comparison();
    let failed = run_of(&comparison, "threads");
    let reason = failed.reason.as_deref().unwrap_or_default();
    assert_eq!(failed.status, Status::Failed, "{reason}");
    assert!(reason.contains(".bin: No space left on device"), "{reason}");
    let later = run_of(&comparison, "epoll");
    assert_eq!(later.status, Status::Ok, "{:?}", later.reason);
    assert!(later.digest.is_some());
}
