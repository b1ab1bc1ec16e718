//! The examples do what their headers say: each is run as a program, with small delays.
//!
//! Left out on purpose: upper bounds on time. What a model cannot overlap shows in a lower bound.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// An example, which `cargo test` has built beside this test.
fn program(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it stands");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("…/deps/<test>");
    profile.join("examples").join(example)
}

/// Runs an example.
fn run(example: &str, arguments: &[&str]) -> Output {
    let program = program(example);
    Command::new(&program).args(arguments).output().unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo build -p whywait --examples` makes it", program.display())
    })
}

/// What an example that succeeds prints.
fn printed(example: &str, arguments: &[&str]) -> String {
    let output = run(example, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example} {arguments:?}: {complaint}");
    String::from_utf8(output.stdout).expect("examples print text")
}

/// What an example that fails says on standard error.
fn refused(example: &str, arguments: &[&str]) -> String {
    let output = run(example, arguments);
    assert_eq!(output.status.code(), Some(1), "{example} {arguments:?}");
    String::from_utf8(output.stderr).expect("examples complain in text")
}

/// Asserts that `events` stand in `text` in this order.
fn assert_in_order(text: &str, events: &[&str]) {
    let mut rest = text;
    for event in events {
        let Some((_, after)) = rest.split_once(event) else {
            panic!("{event:?} is not where it should be in:\n{text}")
        };
        rest = after;
    }
}

#[test]
fn gather_keeps_one_order_under_every_model() {
    for row in whywait::MODELS {
        let text = printed("gather", &[row.name, "--delay", "0.01"]);
        let lines: Vec<&str> = text.lines().collect();
        let order = ["A", "task 1 starts", "task 2 starts", "task 1 ends", "task 2 ends", "B"];
        assert_eq!(lines[..6], order, "{}", row.name);
    }
}

#[test]
fn gather_takes_twice_as_long_where_nothing_overlaps() {
    for model in ["blocking", "offload"] {
        let text = printed("gather", &[model, "--delay", "0.05"]);
        let seconds = text.lines().last().and_then(|line| line.split(' ').next());
        let seconds: f64 = seconds.and_then(|word| word.parse().ok()).expect("a time");
        assert!(seconds >= 0.1, "{model}: {text}");
    }
}

#[test]
fn echo_runs_under_every_model_whose_driver_overlaps() {
    for row in whywait::MODELS.iter().filter(|row| {
        let driver = row.driver.and_then(whywait::DriverKind::named);
        driver.is_none_or(|driver| driver.overlaps)
    }) {
        let text = printed("echo", &[row.name, "--clients", "5"]);
        let replies: Vec<_> = (0..5).map(|n| format!("got back: hello from client {n}")).collect();
        let replies: Vec<&str> = replies.iter().map(String::as_str).collect();
        assert_in_order(&text, &replies);
    }
}

#[test]
fn echo_is_refused_where_nothing_overlaps_and_says_what_to_do() {
    for model in ["blocking", "offload", "thread-pool:4"] {
        let complaint = refused("echo", &[model]);
        assert_in_order(&complaint, &["no more than 1 task", "choose a model", "epoll, uring"]);
    }
}

#[test]
fn the_four_combinations_order_their_events_as_they_should() {
    let text = printed("four_combinations", &["--delay", "0.1"]);
    let sections: Vec<&str> = text.split_terminator("\n\n").collect();
    let orders: [&[&str]; 4] = [
        &["blocking: blocking, synchronous", "1 request", "2 received", "3 next work"],
        &["nonblocking: non-blocking, synchronous", "1 request", "2 received", "3 next work"],
        &[
            "offload: blocking, asynchronous",
            "1 request",
            "I could have done something else here",
            "2 received",
            "3 next work",
        ],
        &["epoll: non-blocking, asynchronous", "1 request", "2 next work", "3 received"],
    ];
    assert_eq!(sections.len(), orders.len(), "{text}");
    for (section, order) in sections.iter().zip(orders) {
        assert_in_order(section, order);
    }
}

#[test]
fn only_the_polling_combination_is_refused_again_and_again() {
    let text = printed("four_combinations", &["--delay", "0.1"]);
    let refusals: Vec<u64> =
        text.lines().filter_map(|line| line.rsplit_once("would_block ")?.1.parse().ok()).collect();
    let [blocking, polling, offload, epoll] = refusals[..] else { panic!("{text}") };
    assert_eq!((blocking, offload), (0, 0), "{text}");
    // One for a wait that the loop then sleeps through.
    assert!(epoll <= 5, "{text}");
    assert!(polling > 10 * epoll.max(1), "{text}");
}

#[test]
fn a_server_under_every_model_sends_back_what_comes() {
    for row in whywait::MODELS {
        let mut command = Command::new(program("serve"));
        let server = command.args([row.name, "0", "0.001"]).stdout(Stdio::piped()).spawn();
        let mut server = Ended(server.expect("the example runs"));
        let mut line = String::new();
        let output = server.0.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let (model, address) = line.trim().split_once(" listens at ").expect("model and address");
        assert!(model == row.name || row.name == "auto", "{line}");
        let mut client = TcpStream::connect(address).expect("it listens");
        client.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        client.write_all(b"is it you?").expect("it reads");
        let mut back = [0; 10];
        client.read_exact(&mut back).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        assert_eq!(&back, b"is it you?", "{}", row.name);
    }
}

/// A process that is ended at the end of the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has found out then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_example_that_is_asked_wrongly_says_how_to_ask() {
    for example in ["gather", "echo", "four_combinations", "serve"] {
        assert!(refused(example, &["a", "b", "c", "d"]).contains("usage: "), "{example}");
    }
    assert!(refused("gather", &["epol"]).contains("there is no model \"epol\""));
}
