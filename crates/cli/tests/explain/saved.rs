//! Records as files: saved, judged later, and what goes wrong with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::turn::{Turn, turn};
use crate::watch::Explained;

const PROGRAM: [&str; 3] = ["sh", "-c", "sleep 0.1; true; cat /dev/null"];

/// What `whywait explain --from` says of a record, as a user without privileges.
fn judged(turn: &Turn, record: &Path) -> Explained {
    let record = record.to_str().expect("a path of ours");
    turn.explain(&["--format", "json", "--from", record]).run().expect_code(0)
}

/// What a run wrote to standard output, as JSON.
fn document(ended: &Explained) -> Value {
    serde_json::from_str(&ended.stdout()).expect("a document")
}

/// A record of a short program, in the home of the run that made it.
fn recorded(turn: &Turn) -> (Explained, PathBuf) {
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let words = [&[whywait, "record", "-o", "r.wwr", "--"][..], &PROGRAM].concat();
    let ended = turn.plain(&words).run().expect_code(0);
    let record = ended.home().join("r.wwr");
    (ended, record)
}

#[test]
fn a_saved_record_is_judged_as_the_program_was() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&["--save", "r.wwr", "--timeline"], &PROGRAM).run().expect_code(0);
    let record = ended.home().join("r.wwr");
    assert_eq!(fs::metadata(&record).expect("the record").permissions().mode() & 0o777, 0o600);
    let report = fs::read_to_string(ended.home().join("report")).expect("the report");
    let later = judged(&turn, &record);
    assert_eq!(later.stderr(), "");
    assert_eq!(later.stdout(), report);
    assert_eq!(judged(&turn, &record).stdout(), report, "the same every time");
}

#[test]
fn a_record_is_judged_without_privileges_and_as_text() {
    let Some(turn) = turn() else { return };
    let (ended, record) = recorded(&turn);
    assert_eq!(ended.stderr(), "", "recording judges nothing");
    let unprivileged = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"];
    let record = record.to_str().expect("a path of ours");
    let later = turn.under(&unprivileged, &["--from", record]).run().expect_code(0);
    assert!(later.stdout().contains("sleep"), "{}", later.stdout());
}

#[test]
fn the_exit_code_of_the_program_is_passed_on() {
    let Some(turn) = turn() else { return };
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let words = [whywait, "record", "-o", "r.wwr", "--", "sh", "-c", "exit 7"];
    let ended = turn.plain(&words).run().expect_code(7);
    assert!(ended.home().join("r.wwr").exists());
}

#[test]
fn a_sum_of_records_is_judged_whatever_their_order() {
    let Some(turn) = turn() else { return };
    let ((_first, one), (_second, other)) = (recorded(&turn), recorded(&turn));
    let [one, other] = [&one, &other].map(|path| path.to_str().expect("a path of ours"));
    let sum = |files: &[&str]| {
        let words = [&["--format", "json", "--from"][..], files].concat();
        document(&turn.explain(&words).run().expect_code(0))
    };
    let both = sum(&[one, other]);
    assert_eq!(both["processes"], sum(&[other, one])["processes"]);
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let kept = turn.plain(&[whywait, "record", "-o", "all.wwr", "--from", one, other]).run();
    let kept = kept.expect_code(0);
    let judged = document(&judged(&turn, &kept.home().join("all.wwr")));
    assert_eq!(judged["processes"], both["processes"]);
    let wall_s = |document: &Value| document["wall_s"].as_f64().expect("a number");
    let average_s = (wall_s(&sum(&[one])) + wall_s(&sum(&[other]))) / 2.0;
    assert!((wall_s(&both) - average_s).abs() < 1e-6, "{both}");
    assert!(both["not_watched"][0].as_str().expect("a sentence").contains("2 records"));
}

#[test]
fn a_redacted_record_has_no_secret_and_is_judged_the_same() {
    let Some(turn) = turn() else { return };
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let secret = "hushhush";
    let script = format!("sleep 0.1; cat {secret}; exit 0");
    let words = [whywait, "record", "-o", "r.wwr", "--", "sh", "-c", &script];
    let ended = turn.plain(&words).run().expect_code(0);
    let record = ended.home().join("r.wwr");
    let [from, to] = ["r.wwr", "public.wwr"].map(|name| ended.home().join(name));
    let [from, to] = [&from, &to].map(|path| path.to_str().expect("a path of ours"));
    turn.plain(&[whywait, "record", "--redact", "-o", to, "--from", from]).run().expect_code(0);
    let text = |path: &str| {
        let ended = turn.plain(&["gzip", "-dc", path]).run().expect_code(0);
        ended.stdout()
    };
    assert!(text(from).contains(secret) && !text(to).contains(secret), "{}", text(to));
    let plain = document(&judged(&turn, &record));
    let redacted = document(&judged(&turn, Path::new(to)));
    assert_eq!(plain["shape"], redacted["shape"]);
    assert_eq!(plain["wall_s"], redacted["wall_s"]);
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let Some(turn) = turn() else { return };
    for words in [
        &["--from", "r.wwr", "--", "true"][..],
        &["--from", "r.wwr", "--pid", "1"],
        &["--from", "r.wwr", "--save", "s.wwr"],
        &["--redact", "--", "true"],
        &["--save", "r.wwr", "--out", "./r.wwr", "--", "true"],
        &["--from", "r.wwr", "--out", "r.wwr"],
        &["--save"],
    ] {
        let ended = turn.explain(words).run().expect_code(125);
        assert!(ended.stderr().contains("--"), "{words:?}: {}", ended.stderr());
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_program_begins() {
    let Some(turn) = turn() else { return };
    let words = ["--save", "nowhere/r.wwr", "--", "touch", "began"];
    let ended = turn.explain(&words).run().expect_code(125);
    assert!(ended.stderr().contains("nowhere/r.wwr"), "{}", ended.stderr());
    assert!(!ended.home().join("began").exists(), "the program began");
}

#[test]
fn a_full_disk_leaves_the_report_and_no_part_of_a_record() {
    let Some(turn) = turn() else { return };
    let small = "mkdir small && mount -t tmpfs -o size=4k none small && \"$@\"; \
                 code=$?; ls -A small > left; exit $code";
    let wrapper = ["unshare", "-m", "sh", "-c", small, "sh"];
    // More text than one page of memory holds, even compressed.
    let program = "for i in $(seq 300); do cat /proc/self/stat >/dev/null; done";
    let words = ["--save", "small/r.wwr", "--out", "report", "--", "sh", "-c", program];
    let ended = turn.under(&wrapper, &words).run().expect_code(125);
    assert!(ended.stderr().contains("small/r.wwr"), "{}", ended.stderr());
    assert!(!ended.stderr().contains(".whywait-"), "{}", ended.stderr());
    let report = fs::read_to_string(ended.home().join("report")).expect("the report");
    assert!(report.contains("cat"), "{report}");
    assert_eq!(fs::read_to_string(ended.home().join("left")).expect("a list"), "");
}

#[test]
fn files_that_are_no_whole_records_are_told_by_name() {
    let Some(turn) = turn() else { return };
    let (ended, record) = recorded(&turn);
    let bytes = fs::read(&record).expect("the record");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0xff;
    for (name, content, expected) in [
        ("cut", &bytes[..bytes.len() / 2], "cut off"),
        ("flipped", &flipped, "damaged"),
        ("text", b"hello, this is no record", "no record of whywait"),
        ("empty", b"", "no record of whywait"),
    ] {
        let path = ended.home().join(name);
        fs::write(&path, content).expect("a file in the home");
        let path = path.to_str().expect("a path of ours");
        let refused = turn.explain(&["--from", path]).run().expect_code(125);
        let stderr = refused.stderr();
        assert!(stderr.contains(expected) || stderr.contains("damaged"), "{name}: {stderr}");
        assert!(stderr.contains(name), "{stderr}");
    }
    let refused = turn.explain(&["--from", "missing.wwr"]).run().expect_code(125);
    assert!(refused.stderr().contains("missing.wwr"), "{}", refused.stderr());
}

#[test]
fn a_session_outside_the_namespace_of_whywait_is_not_known() {
    let Some(turn) = turn() else { return };
    let whywait = env!("CARGO_BIN_EXE_whywait");
    let inside = [whywait, "record", "-o", "r.wwr", "--", "sleep", "0.1"];
    let words = [&["unshare", "-pf", "--mount-proc"][..], &inside].concat();
    let ended = turn.plain(&words).run().expect_code(0);
    let text = turn.plain(&["gzip", "-dc", ended.home().join("r.wwr").to_str().expect("text")]);
    let text = text.run().expect_code(0).stdout();
    assert!(text.contains("\"process\"") && !text.contains("session_pid"), "{text}");
}
