//! `whywait explain --why`, of a record of the corpus.
//!
//! Judging a record takes no privileges.

use std::path::PathBuf;

use serde_json::Value;

use crate::schema;
use crate::whywait::{Ended, Whywait};

/// A loop with a pool of helpers.
fn record() -> String {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    corpus.join("fixtures/epoll_loop.c/full.1.wwr").to_str().expect("a path of ours").to_owned()
}

fn explain(words: &[&str]) -> Ended {
    let record = record();
    let words = [&["explain"], words, &["--from", &record]].concat();
    Whywait::new(words).with_env("COLUMNS", "80").run()
}

fn document(words: &[&str]) -> Value {
    let ended = explain(&[&["--format", "json"], words].concat()).expect_code(0);
    schema::keeping_to(include_str!("../../../../docs/explain.schema.json"), ended.stdout())
}

#[test]
fn the_document_explains_only_what_is_asked_for() {
    assert_eq!(document(&[]).get("why"), None);
    let all = document(&["--why"]);
    let explained = all["why"]["explained"].as_array().expect("a list");
    let threads = all["processes"].as_array().expect("a list").iter();
    let threads: usize =
        threads.map(|process| process["threads"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(explained.len(), 1 + threads, "the shape and each entry");
    let shape = document(&["--why=shape"]);
    assert_eq!(shape["why"]["explained"][0]["called"], all["shape"]);
    let thread = &all["processes"][0]["threads"][0];
    let one = document(&[&format!("--why={}", thread["tid"])]);
    let [one] = &**one["why"]["explained"].as_array().expect("a list") else { panic!("{one}") };
    assert_eq!((&one["called"], &one["confidence"]), (&thread["model"], &thread["confidence"]));
    assert_eq!(one["rules"][0]["rule"], one["decided_by"]);
    assert_eq!(one["rules"][0]["outcome"], "matched");
}

#[test]
fn the_text_shows_the_deciding_rule_first_and_fits() {
    let all = document(&["--why"]);
    let tid = format!("--why={}", all["processes"][0]["threads"][0]["tid"]);
    for words in [&["--why"][..], &[&tid]] {
        let said = document(words);
        let rule = said["why"]["explained"][0]["decided_by"].as_str().expect("a rule decided");
        let ended = explain(words).expect_code(0);
        let why = ended.stdout().split_once("\nWhy\n").expect("a part of its own").1;
        assert!(why.contains(&format!("Decided by {rule}")), "{why}");
        let first = why.lines().find(|line| line.starts_with("  + ")).expect("a rule matches");
        assert!(first.starts_with(&format!("  + {rule} matched")), "{first}");
        let long = ended.stdout().lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None);
    }
}

#[test]
fn a_thread_that_is_not_there_is_said_not_to_be() {
    let ended = explain(&["--why=4000000"]).expect_code(0);
    assert!(ended.stdout().ends_with("No thread of that number was seen.\n"), "{}", ended.stdout());
    assert!(!explain(&[]).expect_code(0).stdout().contains("\nWhy\n"));
}

#[test]
fn what_is_no_thread_and_no_shape_is_refused() {
    for word in ["--why=main", "--why=-1", "--why=\u{1b}[31m"] {
        let ended = explain(&[word]).expect_code(125);
        assert!(ended.stderr().contains("shape"), "{}", ended.stderr());
        assert!(!ended.stderr().contains('\u{1b}'), "{:?}", ended.stderr());
    }
}
