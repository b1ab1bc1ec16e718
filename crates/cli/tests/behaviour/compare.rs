//! Comparisons that go well: the document, the results, the plans.

use std::fs;

use blake3::Hasher;
use whywait::MODELS;
use whywait_lab::digest_directory;
use whywait_plan::{Content, ContentKind, STEPS};
use whywait_report::{Run, Status};

use crate::whywait::{Whywait, run_of};

const SMALL: [&str; 8] = ["--files", "40", "--lines", "10", "--line-length", "20", "--dir", "work"];

/// Bytes of all files of [`SMALL`].
const SMALL_BYTES: f64 = 40.0 * 10.0 * 21.0;

fn compare<'a>(plan: &'a str, more: &[&'a str]) -> Whywait {
    let words = ["compare", plan].into_iter().chain(SMALL).chain(more.iter().copied());
    Whywait::new(words.chain(["--format", "json"]))
}

fn assert_measured(run: &Run, repeats: usize) {
    let model = &run.contestant.model;
    assert_eq!(run.status, Status::Ok, "{model}: {:?}", run.reason);
    assert_eq!(run.samples.len(), repeats, "{model}");
    let wall = run.measures.wall_s.expect("it was measured");
    assert!(wall.min > 0.0 && wall.min <= wall.median && wall.median <= wall.max, "{model}");
    let cpu_s = run.measures.cpu_s.expect("it was measured");
    assert!(cpu_s.min > 0.0, "{model}");
    let some = [run.measures.peak_memory_bytes, run.measures.threads, run.measures.processes];
    assert!(some.iter().all(|spread| spread.is_some_and(|spread| spread.min >= 1.0)), "{model}");
    assert!(run.measures.syscalls.is_some_and(|syscalls| syscalls.min > 0.0), "{model}");
    for latency in [&run.flow_latency_s, &run.flow_service_s, &run.op_latency_s] {
        let latency = latency.as_ref().expect("flows and operations were timed");
        let rising = [latency.p50, latency.p99, latency.p999, latency.max];
        assert!(rising.is_sorted() && !latency.histogram.is_empty(), "{model}: {rising:?}");
    }
}

#[test]
fn every_model_gives_the_same_result() {
    let ended = compare("files", &["--repeat", "2"]).run().expect_code(0);
    assert_eq!(ended.stderr(), "", "progress is for terminals");
    let comparison = ended.comparison();
    let models: Vec<_> = comparison.runs.iter().map(|run| &*run.contestant.model).collect();
    assert_eq!(models, MODELS.iter().map(|row| row.name).collect::<Vec<_>>());
    for run in &comparison.runs {
        assert_measured(run, 2);
        assert_eq!(run.digest, comparison.runs[0].digest, "{}", run.contestant.model);
        assert_eq!(run.metrics["written_bytes"], SMALL_BYTES);
        // On regular files O_NONBLOCK does nothing.
        assert_eq!(run.measures.would_block.map(|spread| spread.max), Some(0.0));
    }
    assert!(comparison.equal_results && !comparison.interrupted);
    assert!(!comparison.verdict.is_empty());
    for best in
        [&comparison.best.wall_s, &comparison.best.cpu_s, &comparison.best.peak_memory_bytes]
    {
        assert!(best.as_ref().is_some_and(|model| models.contains(&&**model)), "{best:?}");
    }
    let chosen = run_of(&comparison, "auto").contestant.chosen.as_ref().expect("auto chooses");
    assert!(models.contains(&chosen.model.split(':').next().unwrap()) && !chosen.why.is_empty());
}

/// The content of each file of [`SMALL`], in their order.
fn contents(kind: ContentKind) -> Vec<Vec<u8>> {
    let content = Content::lines(10, 20, kind).expect("small");
    let fill = |flow| {
        let mut bytes = Vec::new();
        content.fill(flow, &mut bytes);
        bytes
    };
    (0..40).map(fill).collect()
}

/// The digest of what [`SMALL`] leaves on the disk, and of what its flows read.
fn expected_digest(contents: &[Vec<u8>], read: &Hasher) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    for (flow, content) in contents.iter().enumerate() {
        fs::write(directory.path().join(format!("file_{flow}.txt")), content).expect("a file");
    }
    let files = digest_directory(directory.path()).expect("what was just written");
    let mut both = Hasher::new();
    both.update(files.as_bytes()).update(read.finalize().to_hex().as_bytes());
    format!("blake3:{}", both.finalize().to_hex())
}

#[test]
fn the_digest_is_that_of_the_files_on_the_disk() {
    let digest = |seed: &str| {
        let ended =
            compare("files", &["--models", "blocking,uring", "--repeat", "1", "--seed", seed]);
        let comparison = ended.run().expect_code(0).comparison();
        assert!(comparison.equal_results);
        comparison.runs[0].digest.clone().expect("it was checked")
    };
    let seven = expected_digest(&contents(ContentKind::Random { seed: 7 }), &Hasher::new());
    assert_eq!(digest("7"), seven);
    assert_ne!(digest("8"), seven);
}

#[test]
fn the_digest_of_readers_is_that_of_what_they_read() {
    let more = ["--content", "random", "--seed", "3", "--repeat", "1"];
    let comparison = compare("read", &more).run().expect_code(0).comparison();
    let contents = contents(ContentKind::Random { seed: 3 });
    let mut read = Hasher::new();
    for (flow, content) in (0u32..).zip(&contents) {
        read.update(&flow.to_le_bytes()).update(blake3::hash(content).as_bytes());
    }
    let expected = expected_digest(&contents, &read);
    for run in &comparison.runs {
        assert_measured(run, 1);
        assert_eq!(run.digest.as_ref(), Some(&expected), "{}", run.contestant.model);
        assert_eq!(run.metrics["read_bytes"], SMALL_BYTES, "{}", run.contestant.model);
    }
}

const EVERY_STEP: &str = r#"
name = "every step"

[peer.client]
request = { text = "who?\r\n" }

[peer.server]
request = "5 B"
reply = "7 KiB"

[peer.web]
protocol = "http"
reply = "3 KiB"

[[setup]]
steps = [ { mkdir = "in" } ]

[[setup]]
steps = [ { write_file = { path = "in/data.bin", size = "300 KiB" } } ]

[[flow]]
count = 12
steps = [
  { open = "in/data.bin" },
  { read = "100 KiB" },
  { read_at = { offset = "200 KiB", bytes = "70 KiB" } },
  { read = true },
  { close = true },
  { read_file = "in/data.bin" },
]

[[flow]]
count = 12
steps = [
  { mkdir = "made_{flow}" },
  { create = "made_{flow}/copy.bin" },
  { write = { size = "100 KiB", content = "random", seed = 7 } },
  { write_at = { offset = "1 MiB", size = "4 KiB" } },
  { fsync = true },
  { close = true },
  { open = { path = "made_{flow}/copy.bin", mode = "append" } },
  { write = 100 },
  { close = true },
  { stat = "made_{flow}/copy.bin" },
  { write_file = { path = "made_{flow}/gone.txt", lines = 3, line_length = 5 } },
  { unlink = "made_{flow}/gone.txt" },
  { sleep = "2 ms" },
  { cpu = "1 ms" },
]

[[flow]]
count = 6
steps = [
  { accept = "client" },
  { recv_until = "\r\n" },
  { send = { text = "me" } },
  { shutdown = true },
  { connect = "server" },
  { send = "5 B" },
  { recv = "7 KiB" },
  { get = { peer = "web", path = "/{flow}" } },
]
"#;

#[test]
fn a_plan_file_with_every_step_gives_equal_results() {
    for step in STEPS {
        assert!(EVERY_STEP.contains(&format!("{{ {} =", step.name)), "{} is missing", step.name);
    }
    let words = ["compare", "plan.toml", "--dir", "work", "--format", "json", "--repeat", "1"];
    let comparison = Whywait::new(words).with_plan(EVERY_STEP).run().expect_code(0).comparison();
    assert_eq!(comparison.plan.name, "every step");
    assert_eq!(comparison.plan.flows, 30);
    for run in &comparison.runs {
        assert_measured(run, 1);
        let kibibytes = |count: u32| f64::from(count * 1024);
        let read = 12.0 * kibibytes(300 + 70 + 300) + 6.0 * kibibytes(3);
        assert_eq!(run.metrics["read_bytes"], read);
        assert_eq!(run.metrics["received_bytes"], 6.0 * (6.0 + kibibytes(7)));
        assert_eq!(run.metrics["sent_bytes"], 6.0 * (2.0 + 5.0));
        assert_eq!(run.metrics["written_bytes"], 12.0 * (kibibytes(104) + 100.0 + 18.0));
    }
    assert!(comparison.equal_results);
}

#[test]
fn models_run_with_the_workers_that_were_asked_for() {
    let asked = ["thread-pool:3", "processes:2", "uring-threads:3", "epoll-processes:4", "threads"];
    let more = ["--models", &asked.join(","), "--repeat", "1"];
    let comparison = compare("files", &more).run().expect_code(0).comparison();
    let models: Vec<_> = comparison.runs.iter().map(|run| &*run.contestant.model).collect();
    assert_eq!(models, asked);
    for (model, count, processes) in
        [("thread-pool:3", 3, 1.0), ("processes:2", 2, 3.0), ("epoll-processes:4", 4, 5.0)]
    {
        let run = run_of(&comparison, model);
        assert_eq!(run.contestant.workers.count, count, "{model}");
        assert_eq!(run.measures.processes.map(|spread| spread.max), Some(processes), "{model}");
    }
}
