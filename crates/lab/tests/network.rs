//! Plans with a network, under every model: what flows and peers say to each other, what happens
//! when a peer does not behave, and that nothing stays behind.
//!
//! A program of its own, because measured processes execute it again; one trial at a time, because
//! trials look at what this process has open. Left out on purpose: how fast anything is.

mod trials;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use whywait::{MODELS, Model};
use whywait_lab::{Options, Repeats, Stop, compare};
use whywait_plan::Plan;
use whywait_report::{Agreement, Comparison, EventKind, Lane, Place, Run, Status};

use crate::trials::Check;

const CHECKS: &[(&str, Check)] = &[
    ("every_model_holds_the_same_conversation", conversation),
    ("unix_sockets_and_datagrams_carry_the_same", transports),
    ("a_peer_comes_to_every_model", visit),
    ("every_model_downloads_the_same", download),
    ("a_download_that_fails_names_the_peer", failing_download),
    ("a_reset_is_the_error_of_the_flow_that_met_it", reset),
    ("an_early_end_is_the_error_of_the_flow_that_met_it", early_end),
    ("a_stall_ends_with_the_timeout_of_the_step", stall),
    ("a_peer_that_reads_no_more_ends_with_the_timeout_of_the_send", slow_reader),
    ("a_delimiter_that_does_not_come_is_an_error", no_delimiter),
    ("more_connections_than_a_backlog_holds_are_all_answered", crowd),
    ("peers_end_with_the_comparison", nothing_stays),
    ("lanes_show_who_waits_in_what_order", order),
    ("sleeps_tell_how_late_they_ended", lateness),
];

fn main() {
    trials::run(CHECKS);
}

fn plan(text: &str) -> Plan {
    Plan::parse("test", &format!("name = \"test\"\n{text}"))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// One round of `plan` under these models.
fn compared(plan: &Plan, models: &[Model]) -> Comparison {
    let directory = tempfile::tempdir().expect("a directory");
    let options = Options {
        command: vec!["test".into()],
        models: models.to_vec(),
        repeats: Repeats::Exactly(1),
        directory: directory.path().to_path_buf(),
        place: Place::Plain,
        // Longer than any run here takes, on however busy a machine.
        time_limit: Duration::from_secs(300),
        save: None,
    };
    compare(plan, &options, &Stop::default(), &mut |_| ()).expect("a comparison")
}

fn model(name: &str) -> Model {
    name.parse().expect("a model")
}

fn models() -> Vec<Model> {
    MODELS.iter().map(|row| model(row.name)).collect()
}

/// What each model did with a plan that it has to get right.
fn all_well(text: &str) -> Comparison {
    let comparison = compared(&plan(text), &models());
    for run in &comparison.runs {
        let model = &run.contestant.model;
        assert_eq!(run.status, Status::Ok, "{model}: {:?}", run.reason);
        assert!(run.digest.is_some(), "{model}");
    }
    assert_eq!(comparison.agreement(), Agreement::Equal);
    comparison
}

fn conversation() {
    let comparison = all_well(
        r#"
        [peer.db]
        request = "16 B"
        reply = "300 KiB"
        delay = "5 ms"
        [peer.chat]
        request = { until = "\r\n" }
        reply = { text = "PONG\r\n" }
        [peer.mirror]
        [peer.once]
        reply = "10 KiB"
        bandwidth = "1 MiB"
        [[flow]]
        count = 5
        steps = [ { connect = "db" }, { send = "16 B" }, { recv = "300 KiB" }, { send = "16 B" },
            { recv = "100 KiB" }, { recv = "200 KiB" } ]
        [[flow]]
        count = 3
        steps = [ { connect = "chat" }, { send = { text = "PING\r\n" } }, { recv_until = "\r\n" },
            { send = { text = "PING\r\nPING\r\n" } }, { recv_until = "\r\n" }, { recv = "6 B" } ]
        [[flow]]
        count = 3
        steps = [ { connect = "mirror" }, { send = { size = "20 KiB", content = "random" } },
            { shutdown = true }, { recv = "all" } ]
        [[flow]]
        count = 2
        steps = [ { connect = "once" }, { send = "1 B" }, { recv = "all" }, { connect = "db" } ]
        "#,
    );
    for run in &comparison.runs {
        let bytes = |name: &str| run.metrics[name];
        let (db, chat) = (5 * 2 * 300 * 1024, 3 * 3 * 6);
        let (mirror, once) = (3 * 20 * 1024, 2 * 10 * 1024);
        assert_eq!(bytes("received_bytes"), f64::from(db + chat + mirror + once));
        assert_eq!(bytes("sent_bytes"), f64::from(5 * 2 * 16 + 3 * 3 * 6 + 3 * 20 * 1024 + 2));
    }
}

fn transports() {
    let comparison = all_well(
        r#"
        [peer.near]
        transport = "unix"
        request = "16 B"
        reply = "100 KiB"
        [peer.far]
        transport = "udp"
        reply = "30 KiB"
        delay = "2 ms"
        [[flow]]
        count = 3
        steps = [ { connect = "near" }, { send = "16 B" }, { recv = "100 KiB" } ]
        [[flow]]
        count = 3
        steps = [ { connect = "far" }, { send = "40 KiB" }, { recv = "30 KiB" }, { send = "1 B" },
            { recv = "30 KiB" } ]
        "#,
    );
    for run in &comparison.runs {
        let received = 3 * (102_400 + 2 * 30 * 1024);
        assert_eq!(run.metrics["received_bytes"], f64::from(received));
    }
}

fn visit() {
    let comparison = all_well(
        r#"
        [peer.client]
        request = { size = "2 KiB", content = "random" }
        delay = "5 ms"
        [[flow]]
        count = 6
        steps = [ { accept = "client" }, { recv = "2 KiB" }, { write_file = { path = "{flow}", size = 3 } },
            { cpu = "1 ms" }, { send = "5 KiB" } ]
        "#,
    );
    for run in &comparison.runs {
        assert_eq!(run.metrics["received_bytes"], 6.0 * 2048.0);
        assert_eq!(run.metrics["sent_bytes"], 6.0 * 5120.0);
    }
}

fn download() {
    let comparison = all_well(
        r#"
        [peer.origin]
        protocol = "http"
        delay = "5 ms"
        reply = "100 KiB"
        bandwidth = "10 MiB"
        [[flow]]
        count = 12
        steps = [ { get = { peer = "origin", path = "/{flow}" } } ]
        "#,
    );
    for run in &comparison.runs {
        assert_eq!(run.metrics["read_bytes"], 12.0 * 102_400.0);
    }
}

fn failing_download() {
    // What ends by itself needs no timeout; what stalls has had time for its 40 bytes.
    for (fault, timeout) in [
        ("reset_after = \"40 B\"", "60 s"),
        ("close_after = \"40 B\"", "60 s"),
        ("stall_after = \"40 B\"", "1 s"),
    ] {
        let text = format!(
            r#"
            [peer.calm]
            protocol = "http"
            reply = "1 KiB"
            [peer.bad]
            protocol = "http"
            reply = "1 KiB"
            {fault}
            [[flow]]
            count = 3
            steps = [ {{ get = {{ peer = "calm", path = "/{{flow}}" }} }} ]
            [[flow]]
            count = 2
            steps = [ {{ get = {{ peer = "bad", path = "/{{flow}}", timeout = "{timeout}" }} }} ]
            "#
        );
        for run in compared(&plan(&text), &models()).runs {
            let (model, reason) = (run.contestant.model, run.reason.unwrap_or_default());
            assert_eq!(run.status, Status::Failed, "{model}");
            assert!(
                reason.starts_with("flow 3, step 1 (`get`): http://bad/3"),
                "{model}: {reason}"
            );
            assert!(reason.contains("40 of 1024 bytes"), "{model}: {reason}");
            assert!(reason.ends_with("(2 flows failed; this is the first)"), "{model}: {reason}");
        }
    }
}

/// Runs two flows with a peer that has this fault, behind three that have nothing to do with it;
/// gives what each model's first failing flow said.
fn faulty(fault: &str, steps: &str) -> Vec<(String, String)> {
    let text = format!(
        r#"
        [peer.calm]
        request = "16 B"
        reply = "1 KiB"
        [peer.bad]
        request = "16 B"
        reply = {{ lines = 1, line_length = 10239 }}
        {fault}
        [[flow]]
        count = 3
        steps = [ {{ connect = "calm" }}, {{ send = "16 B" }}, {{ recv = "1 KiB" }} ]
        [[flow]]
        count = 2
        steps = [ {{ connect = "bad" }}, {steps} ]
        "#
    );
    let comparison = compared(&plan(&text), &models());
    let told = comparison.runs.into_iter().map(|run| {
        let (model, reason) = (run.contestant.model, run.reason.unwrap_or_default());
        assert_eq!(run.status, Status::Failed, "{model}");
        // The two that met the fault, and no other.
        assert!(reason.starts_with("flow 3, "), "{model}: {reason}");
        assert!(reason.ends_with("(2 flows failed; this is the first)"), "{model}: {reason}");
        assert!(reason.contains("peer `bad` at 127.0.0.1:"), "{model}: {reason}");
        (model, reason)
    });
    told.collect()
}

fn says(told: &[(String, String)], words: &[&str]) {
    for (model, reason) in told {
        for word in words {
            assert!(reason.contains(word), "{model}: {reason}");
        }
    }
}

fn reset() {
    let told = faulty("reset_after = \"4 KiB\"", r#"{ send = "16 B" }, { recv = "10 KiB" }"#);
    says(&told, &["step 3 (`recv`)", "reset the connection after 4096 of 10240 bytes"]);
}

fn early_end() {
    let told = faulty("close_after = \"4 KiB\"", r#"{ send = "16 B" }, { recv = "10 KiB" }"#);
    says(&told, &["step 3 (`recv`)", "ended the stream after 4096 of 10240 bytes"]);
}

fn stall() {
    let told = faulty(
        "stall_after = \"4 KiB\"",
        r#"{ send = "16 B" }, { recv = { bytes = "10 KiB", timeout = "1 s" } }"#,
    );
    says(&told, &["step 3 (`recv`)", "longer than 1 s", "after 4096 of 10240 bytes"]);
}

fn slow_reader() {
    let told =
        faulty("stall_after = \"0 B\"", r#"{ send = { size = "64 MiB", timeout = "200 ms" } }"#);
    says(&told, &["step 2 (`send`)", "longer than 200 ms", "of 67108864 bytes"]);
}

fn no_delimiter() {
    let told =
        faulty("", r#"{ send = "16 B" }, { recv_until = { delimiter = "\n", most = "5 KiB" } }"#);
    says(&told, &["step 3 (`recv_until`)", "5120 bytes without the delimiter"]);
}

fn crowd() {
    let text = r#"
        needs_concurrency = 2500
        [peer.db]
        request = "16 B"
        reply = "100 B"
        delay = "200 ms"
        [[flow]]
        count = 2500
        steps = [ { connect = "db" }, { send = "16 B" }, { recv = "100 B" } ]
    "#;
    let crowded = ["poll", "epoll", "uring", "threads", "epoll-processes:2"].map(model);
    let comparison = compared(&plan(text), &crowded);
    for run in &comparison.runs {
        assert_eq!(run.status, Status::Ok, "{}: {:?}", run.contestant.model, run.reason);
        assert_eq!(run.metrics["received_bytes"], 250_000.0);
    }
    let select = compared(&plan(text), &[model("select")]);
    let reason = select.runs[0].reason.clone().unwrap_or_default();
    assert_eq!(select.runs[0].status, Status::Skipped);
    assert!(reason.contains("needs 2500") && reason.contains("960"), "{reason}");
}

fn nothing_stays() {
    let open = || fs::read_dir("/proc/self/fd").expect("proc").count();
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").expect("proc").flatten();
        let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.trim() == "whywait-peers").count()
    };
    let text = r#"
        [peer.db]
        reply = "1 KiB"
        stall_after = "10 B"
        [[flow]]
        count = 20
        steps = [ { connect = "db" }, { send = "16 B" }, { recv = { bytes = "1 KiB", timeout = "50 ms" } } ]
    "#;
    let before = (open(), threads());
    compared(&plan(text), &[model("epoll"), model("threads")]);
    // A thread that has ended, and what it had open, are seen until the kernel has cleared them away.
    let limit = Instant::now() + Duration::from_secs(60);
    while open() > before.0 || threads() > before.1 {
        assert!(Instant::now() < limit, "{:?} of {before:?}", (open(), threads()));
        thread::yield_now();
    }
}

/// The order of events of two flows that each sleep and ask a peer.
fn order() {
    let comparison = all_well(
        r#"
        [peer.db]
        request = "16 B"
        reply = "1 KiB"
        delay = "20 ms"
        [[flow]]
        count = 2
        steps = [ { sleep = "20 ms" }, { cpu = "1 ms" }, { connect = "db" }, { send = "16 B" }, { recv = "1 KiB" } ]
        "#,
    );
    for run in &comparison.runs {
        let model = &run.contestant.model;
        assert_eq!(run.lanes.len(), 2, "{model}");
        run.lanes.iter().zip(0..).for_each(|(lane, flow)| check_lane(model, lane, flow));
        let overlaps = ends(&run.lanes[0]) > begins(&run.lanes[1])
            && ends(&run.lanes[1]) > begins(&run.lanes[0]);
        match model.as_str() {
            "blocking" | "offload" => assert!(!overlaps, "{model}"),
            "epoll" | "uring" | "poll" | "nonblocking" => assert!(overlaps, "{model}"),
            _ => {}
        }
        check_workers(run);
    }
}

fn check_lane(model: &str, lane: &Lane, flow: u64) {
    use EventKind::{Computing, Copying, Done, Submitted, Waiting};
    assert_eq!(lane.flow, flow, "{model}");
    let kinds: Vec<_> = lane.events.iter().map(|event| (event.step, event.kind)).collect();
    let expected = [
        (1, &[Submitted, Waiting, Done][..]),
        (2, &[Submitted, Computing, Done]),
        (3, &[Submitted, Waiting, Done]),
        (4, &[Submitted, Copying, Done]),
        (5, &[Submitted, Waiting, Copying, Done]),
    ];
    let expected: Vec<_> =
        expected.iter().flat_map(|(step, kinds)| kinds.iter().map(|kind| (*step, *kind))).collect();
    assert_eq!(kinds, expected, "{model}");
    assert!(lane.events.is_sorted_by(|a, b| a.at_s <= b.at_s), "{model}: {lane:?}");
    assert!(lane.events.is_sorted_by(|a, b| a.worker_cpu_s <= b.worker_cpu_s), "{model}");
    let moved: Vec<_> = lane.events.iter().filter_map(|event| event.bytes).collect();
    assert_eq!(moved, [16, 1024], "{model}");
    // Both waits are as long as was asked for, at least.
    assert!(ends(lane) - begins(lane) >= 0.04, "{model}: {lane:?}");
}

fn begins(lane: &Lane) -> f64 {
    lane.events.first().expect("events").at_s
}

fn ends(lane: &Lane) -> f64 {
    lane.events.last().expect("events").at_s
}

/// Workers are numbered from 0 without gaps.
fn check_workers(run: &Run) {
    let mut workers: Vec<_> = run.lanes.iter().map(|lane| lane.worker).collect();
    workers.sort_unstable();
    workers.dedup();
    let expected: Vec<_> = (0..workers.len() as u64).collect();
    assert_eq!(workers, expected, "{}", run.contestant.model);
}

fn lateness() {
    let text = "[[flow]]\ncount = 1000\nsteps = [ { sleep = \"10 ms\" } ]\n";
    for run in compared(&plan(text), &["epoll", "uring", "nonblocking"].map(model)).runs {
        let metric = |name: &str| run.metrics.get(name).copied().unwrap_or_default();
        let model = &run.contestant.model;
        let (p50, p99) = (metric("timer_lateness_p50_s"), metric("timer_lateness_p99_s"));
        let max = metric("timer_lateness_max_s");
        assert!(0.0 < p50 && p50 <= p99 && p99 <= max, "{model}: {p50} {p99} {max}");
        // The histogram keeps three digits.
        let longest = run.flow_latency_s.expect("latencies").max;
        assert!(max <= (longest - 0.01) * 1.002 + 1e-4, "{model}: {max} of {longest}");
        assert!(metric("cpu_us_per_timer") > 0.0, "{model}");
        assert!(metric("memory_bytes_per_timer") >= 0.0, "{model}");
        assert!(run.lanes.is_empty(), "{model}");
    }
    let among = "[[flow]]\ncount = 3\nsteps = [ { sleep = \"1 ms\" }, { cpu = \"1 ms\" } ]\n";
    let run = &compared(&plan(among), &[model("epoll")]).runs[0];
    assert!(run.metrics.contains_key("timer_lateness_p50_s"));
    assert!(!run.metrics.contains_key("memory_bytes_per_timer"));
    assert!(!run.metrics.contains_key("timer_lateness_p99_s"), "of three sleeps");
}
