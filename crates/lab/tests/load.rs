//! The load generator, against servers that do what it must notice: each counts by itself.
//!
//! A program of its own, because the load's processes execute it again. Left out on purpose: how
//! fast anything is. Delays here are least times, and patience is generous.

mod trials;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use whywait_lab::Stop;
use whywait_lab::load::{LoadError, LoadEvent, LoadRequest, LoadResult, LoadWork, generate};

use crate::trials::Check;

const CHECKS: &[(&str, Check)] = &[
    ("every_byte_of_a_closed_loop_was_at_the_server", closed_loop),
    ("an_open_loop_sends_rate_times_duration", open_loop),
    ("the_window_of_an_open_loop_is_as_long_as_was_asked_for", open_window),
    ("latency_counts_from_when_a_message_was_due", coordinated_omission),
    ("what_an_open_loop_cannot_get_answered_is_counted", unanswered),
    ("only_the_active_connections_are_busy", active),
    ("messages_larger_than_any_socket_buffer_come_back", large_messages),
    ("digests_depend_on_what_came_back_and_not_on_how", digests),
    ("a_byte_that_came_back_as_another_is_named", wrong_byte),
    ("bytes_that_were_never_sent_are_noticed", surplus),
    ("a_connection_that_the_server_ends_is_named", ended),
    ("a_server_that_serves_one_connection_is_found_out_before_the_window", one_at_a_time),
    ("a_server_that_is_not_there_is_named", refused),
    ("a_load_killed_in_the_middle_leaves_the_server_serving", killed),
    ("a_request_without_sense_is_refused", bad_requests),
];

fn main() {
    // One at a time: one of them looks for the load's processes by name.
    trials::run(CHECKS);
}

/// What a server does with what it received, given how many bytes it had before.
type Answer = fn(received: &[u8], out: &mut TcpStream, before: u64) -> std::io::Result<()>;

/// A thread for each connection, in this process.
struct Server {
    address: SocketAddr,
    received: Arc<AtomicU64>,
}

fn serve(answer: Answer) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let received = Arc::<AtomicU64>::default();
    let server = Server { address, received: Arc::clone(&received) };
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, received) = (stream.expect("a connection"), Arc::clone(&received));
            thread::spawn(move || {
                let (mut buffer, mut before) = (vec![0; 64 << 10], 0);
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    received.fetch_add(count as u64, Ordering::Relaxed);
                    if answer(&buffer[..count], &mut stream, before).is_err() {
                        break;
                    }
                    before += count as u64;
                }
            });
        }
    });
    server
}

fn echo() -> Server {
    serve(|received, out, _| out.write_all(received))
}

fn closed(server: &Server, connections: usize) -> LoadRequest {
    let work = LoadWork::ClosedLoop {
        warm_up: Duration::from_millis(50),
        duration: Duration::from_millis(300),
    };
    let (limit, patience) = (Duration::from_secs(120), Duration::from_secs(60));
    LoadRequest { work, limit, patience, ..LoadRequest::new(server.address, connections) }
}

fn open(server: &Server, connections: usize, rate_per_s: f64, millis: u64) -> LoadRequest {
    let work = LoadWork::OpenLoop { rate_per_s, duration: Duration::from_millis(millis) };
    LoadRequest { work, ..closed(server, connections) }
}

fn load(request: &LoadRequest) -> LoadResult {
    let result = generate(request, &Stop::default(), &mut |_| {});
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// The load's result, in which nothing failed.
#[track_caller]
fn sound(request: &LoadRequest) -> LoadResult {
    let result = load(request);
    assert_eq!(result.first_failure, None);
    assert_eq!(result.connected, request.connections as u64);
    assert_eq!(result.bytes_sent, result.bytes_received);
    assert_eq!(result.bytes_sent, result.all_round_trips * request.message_bytes as u64);
    result
}

/// What the first of the failed connections failed with, when none had to be timed.
#[track_caller]
fn failure(request: &LoadRequest) -> String {
    let result = load(request);
    assert!(result.failed_connections > 0, "{result:?}");
    result.first_failure.expect("the first failure has a text")
}

fn closed_loop() {
    let server = echo();
    let mut events = Vec::new();
    let request = LoadRequest { message_bytes: 100, ..closed(&server, 50) };
    let result = generate(&request, &Stop::default(), &mut |event| events.push(event));
    let result = result.expect("load");
    assert_eq!(events, [LoadEvent::Ready, LoadEvent::Began, LoadEvent::Ended]);
    assert_eq!(server.received.load(Ordering::Relaxed), result.bytes_sent);
    assert_eq!(result.bytes_sent, 100 * result.all_round_trips);
    assert_eq!(result.latency.len(), result.round_trips);
    assert!(result.round_trips > 0 && result.round_trips + 50 <= result.all_round_trips);
    assert!(result.window >= Duration::from_millis(300), "{:?}", result.window);
    assert!(result.round_trips_per_s() > 0.0);
    assert_eq!(result.first_failure, None);
}

fn open_loop() {
    let server = echo();
    let result = sound(&open(&server, 20, 500.0, 1000));
    assert_eq!((result.round_trips, result.unanswered), (500, 0));
    assert_eq!(result.all_round_trips, 520, "and one on each connection before");
    assert_eq!(result.latency.len(), 500);
    assert_eq!(server.received.load(Ordering::Relaxed), 520 * 64);
}

/// One message, due and answered at once: the rate is not that of the answer's microseconds.
fn open_window() {
    let result = sound(&open(&echo(), 2, 1.0, 1000));
    assert_eq!(result.round_trips, 1);
    assert!(result.window >= Duration::from_secs(1), "{:?}", result.window);
    assert!(result.round_trips_per_s() <= 1.0, "{}", result.round_trips_per_s());
}

/// A server that takes 20 ms for an answer, on one connection, at 100 messages per second: each
/// message waits 10 ms longer than the one before.
fn coordinated_omission() {
    let server = serve(|received, out, _| {
        thread::sleep(Duration::from_millis(20));
        out.write_all(received)
    });
    let result = sound(&open(&server, 1, 100.0, 500));
    assert_eq!(result.round_trips, 50);
    assert!(result.latency.max() >= Duration::from_millis(500), "{:?}", result.latency.max());
    assert!(result.latency.at(0.5) >= Duration::from_millis(250), "{:?}", result.latency.at(0.5));
}

fn unanswered() {
    // It answers the message that opens the connection, and no other.
    let server = serve(|received, out, before| match before {
        0 => out.write_all(received),
        _ => Ok(()),
    });
    let patience = Duration::from_secs(2);
    let request = LoadRequest { patience, ..open(&server, 2, 100.0, 100) };
    let result = load(&request);
    assert_eq!((result.round_trips, result.unanswered), (0, 10));
    assert_eq!(result.latency.len(), 10, "each counts with the time that it waited");
    assert!(result.latency.at(0.0) >= patience, "{:?}", result.latency.at(0.0));
    assert_eq!(result.failed_connections, 2);
}

fn active() {
    let server = echo();
    let result = sound(&LoadRequest { active: 3, ..open(&server, 30, 300.0, 100) });
    assert_eq!((result.connected, result.round_trips), (30, 30));
}

fn large_messages() {
    let server = echo();
    let request = LoadRequest { message_bytes: 20 << 20, ..closed(&server, 3) };
    let result = sound(&request);
    assert_eq!(server.received.load(Ordering::Relaxed), result.bytes_sent);
}

fn digests() {
    let verify = |server: &Server, connections| {
        let work = LoadWork::Verify;
        let result = sound(&LoadRequest { work, ..closed(server, connections) });
        assert_eq!((result.all_round_trips, result.round_trips), (connections as u64, 0));
        result.digest.expect("a digest")
    };
    let in_pieces =
        serve(|received, out, _| received.chunks(7).try_for_each(|piece| out.write_all(piece)));
    let wrong = serve(|received, out, _| {
        let mut other = received.to_vec();
        other[5] ^= 1;
        out.write_all(&other)
    });
    let whole = verify(&echo(), 300);
    assert_eq!(whole, verify(&in_pieces, 300));
    assert_ne!(whole, verify(&wrong, 300));
    assert_ne!(whole, verify(&echo(), 299));
}

fn wrong_byte() {
    let server = serve(|received, out, _| {
        let mut other = received.to_vec();
        other[41] ^= 1;
        out.write_all(&other)
    });
    let text = failure(&closed(&server, 2));
    assert!(text.contains("byte 41 came back as another"), "{text}");
}

fn surplus() {
    let server = serve(|received, out, _| out.write_all(&[received, b"more"].concat()));
    let text = failure(&closed(&server, 2));
    assert!(text.contains("4 bytes came that were never sent"), "{text}");
}

fn ended() {
    let server = serve(|received, out, _| {
        out.write_all(&received[..10])?;
        out.shutdown(Shutdown::Both)
    });
    let text = failure(&closed(&server, 1));
    assert!(text.contains("connection 0, message 0: the server closed"), "{text}");
    assert!(text.contains("64 of 64 bytes were sent and 10 were back"), "{text}");

    // In the middle of the window, of 20 messages each: the other connections go on.
    let server = serve(|received, out, before| match before {
        640 if received[0] % 8 == 0 => out.shutdown(Shutdown::Both),
        _ => out.write_all(received),
    });
    let result = load(&open(&server, 100, 4000.0, 500));
    assert!(result.failed_connections > 0 && result.failed_connections < 100, "{result:?}");
    assert!(result.first_failure.expect("a text").contains("message 10"));
}

fn one_at_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            stream.write_all(&buffer[..count]).expect("a peer");
        }
    });
    let patience = Duration::from_secs(2);
    let request = LoadRequest { patience, ..LoadRequest::new(address, 3) };
    let mut events = Vec::new();
    let result = generate(&request, &Stop::default(), &mut |event| events.push(event));
    let result = result.expect("a result");
    assert_eq!((result.connected, result.failed_connections), (1, 2));
    assert_eq!((events, result.window), (Vec::new(), Duration::ZERO));
    assert!(result.first_failure.expect("a text").contains("no answer within 2s"));
}

fn refused() {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr());
    let text = failure(&LoadRequest::new(address.expect("a port"), 1));
    assert!(text.contains("Connection refused"), "{text}");
}

/// The processes of the load that this one has started.
fn load_processes() -> Vec<Pid> {
    let mine = std::process::id().to_string();
    let numbers = fs::read_dir("/proc").expect("/proc").flatten();
    numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|number| {
            let read = |what| fs::read_to_string(format!("/proc/{number}/{what}"));
            let stat = read("stat").unwrap_or_default();
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split(' ').nth(2));
            parent == Some(&*mine)
                && read("cmdline").is_ok_and(|name| name.starts_with("whywait-load"))
        })
        .filter_map(Pid::from_raw)
        .collect()
}

fn killed() {
    let server = echo();
    let request = closed(&server, 100);
    let end = generate(&request, &Stop::default(), &mut |event| {
        if event == LoadEvent::Began {
            let processes = load_processes();
            assert_eq!(processes.len(), 1, "{processes:?}");
            kill_process(processes[0], Signal::KILL).expect("a child of ours");
        }
    });
    let Err(LoadError::Died(text)) = end else { panic!("{end:?}") };
    assert!(text.contains("signal 9"), "{text}");
    sound(&request);
}

fn bad_requests() {
    let server = echo();
    let good = closed(&server, 10);
    let rate = |rate_per_s| LoadWork::OpenLoop { rate_per_s, duration: Duration::from_secs(1) };
    for bad in [
        LoadRequest { addresses: Vec::new(), ..good.clone() },
        LoadRequest { connections: 0, active: 0, ..good.clone() },
        LoadRequest { active: 11, ..good.clone() },
        LoadRequest { active: 0, ..good.clone() },
        LoadRequest { message_bytes: 0, ..good.clone() },
        LoadRequest { work: rate(0.0), ..good.clone() },
        LoadRequest { work: rate(f64::NAN), ..good.clone() },
    ] {
        let refused = generate(&bad, &Stop::default(), &mut |_| {});
        assert!(matches!(refused, Err(LoadError::BadRequest(_))), "{bad:?}: {refused:?}");
    }
    let nowhere = LoadRequest { cpu: Some(100_000), ..good };
    let error = generate(&nowhere, &Stop::default(), &mut |_| {}).expect_err("no such CPU");
    assert!(error.to_string().contains("cannot keep to the CPUs [100000]"), "{error}");
}
