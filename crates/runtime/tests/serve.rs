//! Serving under every model, in a program of its own: worker processes execute it again, so its
//! `main` begins with `worker_entry`, as a user's does.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream as Client};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::Either;
use libtest_mimic::{Arguments, Trial};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::set_socket_linger;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, getrlimit, kill_process, pidfd_open, setrlimit,
};
use whywait::net::TcpStream;
use whywait::time::timeout;
use whywait::{
    Builder, HandlerFn, MODELS, Model, ServeControl, ServeStop, Served, WorkersKind, select, spawn,
    spawn_concurrent, stopping, time,
};

/// A test that hangs for so long has failed.
const HANG: Duration = Duration::from_secs(60);

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const CHECKS: &[(&str, fn())] = &[
    ("every_model_answers_every_connection", every_model_answers_every_connection),
    (
        "a_handler_that_fails_ends_its_connection_only",
        a_handler_that_fails_ends_its_connection_only,
    ),
    (
        "a_handler_that_waits_for_nobody_holds_nobody_up",
        a_handler_that_waits_for_nobody_holds_nobody_up,
    ),
    ("the_stop_drops_connections_in_progress", the_stop_drops_connections_in_progress),
    ("the_stop_ends_whatever_a_handler_waits_for", the_stop_ends_whatever_a_handler_waits_for),
    ("a_handler_can_await_the_stop", a_handler_can_await_the_stop),
    (
        "a_stop_while_connections_begin_and_end_is_no_failure",
        a_stop_while_connections_begin_and_end_is_no_failure,
    ),
    (
        "a_context_that_cannot_be_serialised_serves_within_one_process",
        a_context_that_cannot_be_serialised_serves_within_one_process,
    ),
    (
        "a_server_that_needs_concurrency_is_refused_where_there_is_none",
        a_server_that_needs_concurrency_is_refused_where_there_is_none,
    ),
    ("connections_go_on_while_they_drain", connections_go_on_while_they_drain),
    ("no_more_connections_than_allowed_are_served", no_more_connections_than_allowed_are_served),
    (
        "no_more_connections_than_allowed_are_accepted",
        no_more_connections_than_allowed_are_accepted,
    ),
    ("a_peer_that_resets_harms_nobody_else", a_peer_that_resets_harms_nobody_else),
    (
        "a_thousand_short_connections_leave_nothing_open",
        a_thousand_short_connections_leave_nothing_open,
    ),
    (
        "a_full_descriptor_table_makes_accepting_pause",
        a_full_descriptor_table_makes_accepting_pause,
    ),
    ("a_killed_worker_process_is_replaced", a_killed_worker_process_is_replaced),
    ("no_server_process_outlives_its_parent", no_server_process_outlives_its_parent),
    ("an_address_in_use_is_an_error_that_names_it", an_address_in_use_is_an_error_that_names_it),
    (
        "a_panic_when_all_listen_leaves_nobody_listening",
        a_panic_when_all_listen_leaves_nobody_listening,
    ),
];

const FULL_TABLE: &str = "full-table";
const SERVER_TO_KILL: &str = "server-to-kill";

fn main() {
    whywait::worker_entry();
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [FULL_TABLE, model] => return serve_with_a_full_table(model.parse().unwrap()),
        [SERVER_TO_KILL, model] => return serve_until_killed(model.parse().unwrap()),
        _ => {}
    }
    // One after the other: they count the descriptors of this process.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let trials = CHECKS.iter().map(|(name, check)| {
        Trial::test(*name, || {
            check();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// Every model that can be asked for by name, with few workers.
fn models() -> impl Iterator<Item = Model> {
    MODELS.iter().map(|row| {
        let name = row.name.to_string();
        let asked = if row.workers.is_counted() { name + ":3" } else { name };
        asked.parse().expect("a row of the table")
    })
}

fn serves_in_processes(model: Model) -> bool {
    matches!(model.row().workers, WorkersKind::Processes | WorkersKind::ProcessPerFlow)
}

/// How many connections `model` serves at once, if that is bounded.
fn capacity(model: Model) -> Option<usize> {
    let overlaps = model.driver().is_none_or(|driver| driver.overlaps);
    if overlaps { None } else { model.workers().map(std::num::NonZero::get) }
}

/// Stops a server also when its clients panic, which would wait for it for ever.
struct StoppedAtTheEnd<'a>(&'a ServeStop);

impl Drop for StoppedAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Serves under the model of `builder` while `clients` talk to it.
fn serve_while<C, Fut, T>(
    builder: Builder,
    drain: Duration,
    context: C,
    handler: HandlerFn<C, Fut>,
    clients: impl FnOnce(SocketAddr, &ServeStop) -> T,
) -> (Served, T)
where
    C: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let stop = ServeStop::new().unwrap();
    thread::scope(|scope| {
        let (ready, listening) = mpsc::channel();
        let heard = stop.clone();
        let server = scope.spawn(move || {
            let control = ServeControl::new(&heard).drain(drain);
            let control = control.on_ready(move |address| ready.send(address).unwrap());
            builder.build()?.serve(ANY_PORT, context, handler, control)
        });
        let stopped_at_the_end = StoppedAtTheEnd(&stop);
        let outcome = listening.recv_timeout(HANG).map(|address| clients(address, &stop));
        drop(stopped_at_the_end);
        let served = server.join().unwrap().unwrap_or_else(|error| panic!("{error}"));
        (served, outcome.unwrap())
    })
}

/// As `serve_while`, with all defaults.
fn serve<Fut, T>(
    model: Model,
    handler: HandlerFn<(), Fut>,
    clients: impl FnOnce(SocketAddr, &ServeStop) -> T,
) -> (Served, T)
where
    Fut: Future<Output = io::Result<()>> + 'static,
{
    serve_while(Builder::new(model), Duration::ZERO, (), handler, clients)
}

async fn echo(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    loop {
        let received = stream.recv_pooled().await?;
        if received.is_empty() {
            return Ok(());
        }
        stream.send_all(received).await?;
    }
}

fn connect(address: SocketAddr) -> Client {
    let client = Client::connect(address).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client
}

/// Sends a message and asserts that it comes back.
fn assert_echo(client: &mut Client, message: &[u8]) {
    client.write_all(message).unwrap();
    let mut back = vec![0; message.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, message);
}

/// Asserts that the other side ends the connection, in one way or the other.
fn assert_ended(client: &mut Client, model: Model) {
    match client.read(&mut [0]) {
        Ok(0) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        other => panic!("{model}: the connection lives: {other:?}"),
    }
}

fn every_model_answers_every_connection() {
    for model in models() {
        let at_once = capacity(model).unwrap_or(20).min(20);
        let (served, ()) = serve(model, echo, |address, _| {
            for round in 0..3u8 {
                let mut clients: Vec<_> = (0..at_once).map(|_| connect(address)).collect();
                for client in &mut clients {
                    assert_echo(client, &[round; 100]);
                }
                clients.iter_mut().for_each(|client| assert_echo(client, b"again"));
            }
        });
        assert_eq!(served.connections, 3 * at_once as u64, "{model}");
        assert_eq!((served.failed, served.workers_lost), (0, 0), "{model}: {served:?}");
        assert_eq!(served.pauses, 0, "{model}: {served:?}");
        assert!(served.cost.operations >= 4 * served.connections, "{model}: {served:?}");
        assert!(served.cost.wall() > Duration::ZERO, "{model}");
        let shown = format!("{served:?}");
        assert!(shown.len() < 2000, "{model}: {} bytes", shown.len());
    }
}

/// Does as the first byte says.
async fn obey(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    let order = stream.recv_pooled().await?;
    match order.first() {
        Some(b'e') => Err(io::Error::other("told to fail")),
        Some(b'p') => panic!("told to panic"),
        Some(b'w') => {
            std::future::pending::<()>().await;
            Ok(())
        }
        _ => stream.send_all(order).await,
    }
}

fn a_handler_that_fails_ends_its_connection_only() {
    for model in models() {
        for (order, text) in [(b"e", "told to fail"), (b"p", "told to panic")] {
            // With time to report: all end by themselves.
            let builder = Builder::new(model);
            let (served, ()) = serve_while(builder, HANG, (), obey, |address, _| {
                let mut beside = (capacity(model) != Some(1)).then(|| connect(address));
                let mut told = connect(address);
                told.write_all(order).unwrap();
                assert_ended(&mut told, model);
                drop(told);
                beside.iter_mut().for_each(|client| assert_echo(client, b"here"));
                assert_echo(&mut connect(address), b"next");
            });
            assert_eq!(served.failed, 1, "{model}: {served:?}");
            let failure = served.first_failure.unwrap_or_default();
            assert!(failure.contains(text), "{model}: {failure}");
            assert_eq!(served.workers_lost, 0, "{model}");
        }
    }
}

/// Where a thread waits for one connection alone, the executor knows that nothing will ever wake
/// it; beside others it may wait until the stop.
fn a_handler_that_waits_for_nobody_holds_nobody_up() {
    for model in models() {
        let overlaps = model.driver().is_none_or(|driver| driver.overlaps);
        // With time to report, where all end by themselves.
        let drain = if overlaps { Duration::ZERO } else { HANG };
        let builder = Builder::new(model).detect_deadlock();
        let (served, ()) = serve_while(builder, drain, (), obey, |address, _| {
            let mut lost = connect(address);
            lost.write_all(b"w").unwrap();
            assert_echo(&mut connect(address), b"next");
        });
        assert_eq!(served.connections, 2, "{model}: {served:?}");
        if !overlaps {
            let failure = served.first_failure.unwrap_or_default();
            assert!(failure.contains("waits for nobody"), "{model}: {failure}");
        }
    }
}

fn the_stop_drops_connections_in_progress() {
    for model in models() {
        let (served, mut clients) = serve(model, echo, |address, stop| {
            let at_once = capacity(model).unwrap_or(5).min(5);
            let mut clients: Vec<_> = (0..at_once).map(|_| connect(address)).collect();
            clients.iter_mut().for_each(|client| assert_echo(client, b"here"));
            stop.stop();
            clients
        });
        clients.iter_mut().for_each(|client| assert_ended(client, model));
        assert_eq!(served.connections, clients.len() as u64, "{model}");
    }
}

/// Says that it is here, and waits as the first bytes say, for ever.
async fn wait_as_told(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    let order = stream.recv_pooled().await?;
    stream.send_all("here").await?;
    match String::from_utf8_lossy(&order).parse::<SocketAddr>() {
        // Who listens there says nothing, or accepts nothing; a handler that ignores the end of
        // its wait is dropped as well.
        Ok(address) => loop {
            if let Ok(other) = TcpStream::connect(address).await {
                while other.recv_pooled().await.is_ok_and(|received| !received.is_empty()) {}
            }
        },
        Err(_) if &order[..] == b"sleep" => time::sleep(Duration::from_secs(86_400)).await,
        Err(_) => std::future::pending::<()>().await,
    }
    Ok(())
}

fn the_stop_ends_whatever_a_handler_waits_for() {
    // Its backlog takes in those who connect, and nobody answers them.
    let silent = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let other = silent.local_addr().unwrap().to_string();
    // Its backlog is full, so that connecting does not end.
    let full = std::net::TcpListener::bind(ANY_PORT).unwrap();
    rustix::net::listen(&full, 0).unwrap();
    let full_address = full.local_addr().unwrap();
    let _in_the_backlog: Vec<_> = (0..4)
        .map(|_| Client::connect_timeout(&full_address, Duration::from_millis(50)))
        .take_while(Result::is_ok)
        .collect();
    let full_address = full_address.to_string();
    for model in models() {
        for order in ["sleep", "nothing", &other, &full_address] {
            let (served, mut clients) = serve(model, wait_as_told, |address, stop| {
                let at_once = capacity(model).unwrap_or(3).min(3);
                let mut clients: Vec<_> = (0..at_once).map(|_| connect(address)).collect();
                for client in &mut clients {
                    client.write_all(order.as_bytes()).unwrap();
                    client.read_exact(&mut [0; 4]).unwrap();
                }
                stop.stop();
                clients
            });
            clients.iter_mut().for_each(|client| assert_ended(client, model));
            assert_eq!(served.connections, clients.len() as u64, "{model}, {order}: {served:?}");
            assert_eq!(served.workers_lost, 0, "{model}, {order}: {served:?}");
        }
    }
}

/// Says goodbye at the stop.
async fn say_goodbye(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    stream.send_all("here").await?;
    stopping().await;
    stream.send_all("bye").await
}

fn a_handler_can_await_the_stop() {
    for model in models() {
        let builder = Builder::new(model);
        let (served, mut clients) = serve_while(builder, HANG, (), say_goodbye, |address, stop| {
            let at_once = capacity(model).unwrap_or(3).min(3);
            let mut clients: Vec<_> = (0..at_once).map(|_| connect(address)).collect();
            clients.iter_mut().for_each(|client| client.read_exact(&mut [0; 4]).unwrap());
            stop.stop();
            clients
        });
        for client in &mut clients {
            let mut rest = String::new();
            client.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "bye", "{model}");
        }
        assert_eq!((served.failed, served.workers_lost), (0, 0), "{model}: {served:?}");
    }
}

fn a_stop_while_connections_begin_and_end_is_no_failure() {
    for model in models() {
        for rounds in 1..6 {
            let (served, ()) = serve(model, echo, |address, stop| {
                thread::scope(|scope| {
                    let connect_often = || {
                        while let Ok(mut client) = Client::connect(address) {
                            // The stop may come in between.
                            let _ = client.write_all(b"x").and_then(|()| client.read(&mut [0]));
                        }
                    };
                    scope.spawn(connect_often);
                    scope.spawn(connect_often);
                    for _ in 0..rounds * 3 {
                        let _ = Client::connect(address).map(|mut client| client.write_all(b"y"));
                    }
                    stop.stop();
                });
            });
            assert_eq!(served.workers_lost, 0, "{model}: {served:?}");
        }
    }
}

/// Passes what it hears on to the one who holds the receiver.
async fn pass_on(listener: Arc<mpsc::Sender<Vec<u8>>>, stream: TcpStream) -> io::Result<()> {
    let received = stream.recv_pooled().await?;
    listener.send(received.to_vec()).map_err(io::Error::other)
}

fn a_context_that_cannot_be_serialised_serves_within_one_process() {
    for model in models() {
        let (sender, heard) = mpsc::channel();
        let stop = ServeStop::new().unwrap();
        let used = stop.clone();
        let control = ServeControl::new(&stop).drain(HANG).on_ready(move |address| {
            thread::spawn(move || {
                connect(address).write_all(b"said").unwrap();
                assert_eq!(heard.recv_timeout(HANG).unwrap(), b"said");
                used.stop();
            });
        });
        let runtime = Builder::new(model).build().unwrap();
        match runtime.serve_local(ANY_PORT, Arc::new(sender), pass_on, control) {
            Ok(served) => assert_eq!((served.connections, served.failed), (1, 0), "{model}"),
            Err(error) => {
                assert!(serves_in_processes(model), "{model}: {error}");
                assert!(error.to_string().contains("with threads"), "{model}: {error}");
            }
        }
    }
}

/// What a handler does that needs two things to advance at once.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
enum Needs {
    Declared,
    /// And returns the refusal, itself or in an error of its own.
    Task,
    TaskInABox,
    TaskOrPanic,
    /// Receives from its connection and from another one, as a proxy does.
    Proxy(SocketAddr),
    ProxyOfTasks(SocketAddr),
    ProxyWithALimit(SocketAddr),
}

async fn need_two(needs: Arc<Needs>, stream: TcpStream) -> io::Result<()> {
    let two_at_once = || spawn_concurrent(async { 1 });
    let task = match *needs {
        Needs::Declared | Needs::Task => two_at_once()?,
        Needs::TaskInABox => two_at_once().map_err(|error| io::Error::other(error.to_string()))?,
        Needs::TaskOrPanic => two_at_once().expect("two at once"),
        Needs::Proxy(other) => return pass_back(&stream, other).await,
        Needs::ProxyWithALimit(other) => return timeout(HANG, pass_back(&stream, other)).await?,
        Needs::ProxyOfTasks(other) => {
            let other = TcpStream::connect(other).await?;
            let stream = Rc::new(stream);
            let client = Rc::clone(&stream);
            let _reading = spawn(async move { client.recv_pooled().await });
            return stream.send_all(other.recv_pooled().await?).await;
        }
    };
    let one: u8 = task.await.map_err(io::Error::other)?;
    stream.send_all(vec![one]).await
}

/// Waits for the client, which says nothing, and for what `other` says.
async fn pass_back(client: &TcpStream, other: SocketAddr) -> io::Result<()> {
    let other = TcpStream::connect(other).await?;
    let received = match select(pin!(client.recv_pooled()), pin!(other.recv_pooled())).await {
        Either::Left((received, _)) | Either::Right((received, _)) => received?,
    };
    client.send_all(received).await
}

/// Says the same byte to all who connect.
fn say_one(listener: std::net::TcpListener) {
    thread::spawn(move || listener.incoming().try_for_each(|stream| stream?.write_all(&[1])));
}

fn a_server_that_needs_concurrency_is_refused_where_there_is_none() {
    let other = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let address = other.local_addr().unwrap();
    say_one(other);
    let all_needs = [
        Needs::Declared,
        Needs::Task,
        Needs::TaskInABox,
        Needs::TaskOrPanic,
        Needs::Proxy(address),
        Needs::ProxyOfTasks(address),
        Needs::ProxyWithALimit(address),
    ];
    for model in models() {
        let overlaps = model.driver().is_none_or(|driver| driver.overlaps);
        for needs in all_needs {
            let stop = ServeStop::new().unwrap();
            let used = stop.clone();
            let control = ServeControl::new(&stop).drain(HANG).on_ready(move |address| {
                thread::spawn(move || {
                    let mut answer = [0];
                    // Where it is refused, the server ends without this.
                    if connect(address).read_exact(&mut answer).is_ok() && answer == [1] {
                        used.stop();
                    }
                });
            });
            let control = match needs {
                Needs::Declared => control.needs_concurrency(),
                _ => control,
            };
            let runtime = Builder::new(model).build().unwrap();
            match runtime.serve(ANY_PORT, needs, need_two, control) {
                Ok(served) => {
                    assert!(overlaps && served.failed == 0, "{model}, {needs:?}: {served:?}");
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(!overlaps && text.contains("epoll"), "{model}, {needs:?}: {text}");
                }
            }
        }
    }
}

fn connections_go_on_while_they_drain() {
    for model in models() {
        let builder = Builder::new(model);
        let (served, ()) = serve_while(builder, HANG, (), echo, |address, stop| {
            let mut client = connect(address);
            assert_echo(&mut client, b"before");
            stop.stop();
            // The listener goes at its own pace, and nobody else is let in then.
            let limit = Instant::now() + HANG;
            while Client::connect(address).is_ok() {
                assert!(Instant::now() < limit, "{model} listens");
                thread::yield_now();
            }
            assert_echo(&mut client, b"after");
        });
        assert_eq!((served.failed, served.workers_lost), (0, 0), "{model}: {served:?}");
    }
}

fn no_more_connections_than_allowed_are_served() {
    for model in models().filter(|model| capacity(*model).is_none()) {
        let builder = Builder::new(model).max_flows(1);
        let (served, ()) = serve_while(builder, Duration::ZERO, (), echo, |address, _| {
            let mut first = connect(address);
            assert_echo(&mut first, b"first");
            let mut second = connect(address);
            second.write_all(b"second").unwrap();
            second.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            assert!(second.read(&mut [0]).is_err(), "{model} serves two");
            drop(first);
            second.set_read_timeout(Some(HANG)).unwrap();
            assert_echo(&mut second, b"");
            let mut back = [0; 6];
            second.read_exact(&mut back).unwrap();
            assert_eq!(&back, b"second", "{model}");
        });
        assert_eq!(served.connections, 2, "{model}: {served:?}");
    }
}

/// Those that wait cost the server no descriptor.
fn no_more_connections_than_allowed_are_accepted() {
    const WAITING: usize = 20;
    for model in models().filter(|model| capacity(*model).is_none()) {
        if serves_in_processes(model) {
            continue;
        }
        let builder = Builder::new(model).max_flows(1);
        serve_while(builder, Duration::ZERO, (), echo, |address, _| {
            let mut first = connect(address);
            assert_echo(&mut first, b"first");
            let before = descriptors();
            let waiting: Vec<_> = (0..WAITING).map(|_| connect(address)).collect();
            // By its answer, the server has seen what came before the question.
            assert_echo(&mut first, b"still alone");
            assert_eq!(descriptors(), before + waiting.len(), "{model}");
        });
    }
}

/// Closes a connection so that the other side gets a reset.
fn reset(client: Client) {
    set_socket_linger(&client, Some(Duration::ZERO)).unwrap();
}

fn a_peer_that_resets_harms_nobody_else() {
    for model in models() {
        let (served, ()) = serve(model, echo, |address, _| {
            for _ in 0..10 {
                let mut client = connect(address);
                client.write_all(&[7; 100_000]).unwrap();
                reset(client);
                // This one is gone before anybody accepts it, perhaps.
                reset(connect(address));
            }
            assert_echo(&mut connect(address), b"and now?");
        });
        assert!(served.connections <= 21, "{model}: {served:?}");
        assert_eq!(served.workers_lost, 0, "{model}: {served:?}");
    }
}

/// Descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn a_thousand_short_connections_leave_nothing_open() {
    for model in models() {
        let rounds = if model.row().workers == WorkersKind::ProcessPerFlow { 1 } else { 10 };
        let before = descriptors();
        let (served, ()) = serve(model, echo, |address, _| {
            assert_echo(&mut connect(address), b"awake");
            let serving = descriptors();
            for _ in 0..rounds {
                let clients: Vec<_> = (0..100).map(|_| connect(address)).collect();
                for mut client in clients {
                    client.write_all(b"bye").unwrap();
                    client.shutdown(Shutdown::Write).unwrap();
                    let mut rest = Vec::new();
                    client.read_to_end(&mut rest).unwrap();
                    assert_eq!(rest, b"bye", "{model}");
                }
            }
            await_descriptors(serving, model);
        });
        assert_eq!(served.connections, 100 * rounds + 1, "{model}");
        assert_eq!((served.failed, served.workers_lost), (0, 0), "{model}: {served:?}");
        await_descriptors(before, model);
    }
}

/// Waits until this process has no more descriptors than `most`: a thread that is done may close
/// what it has a little later.
fn await_descriptors(most: usize, model: Model) {
    let limit = Instant::now() + HANG;
    while descriptors() > most {
        assert!(Instant::now() < limit, "{model}: {} of {most}", descriptors());
        thread::yield_now();
    }
}

/// This program in another part, under `model`.
fn again(part: &str, model: Model) -> (Child, io::Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new("/proc/self/exe")
        .args([part, &model.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// Lets this process have no descriptor above `most`.
fn allow_descriptors(most: u64) {
    let limit = Rlimit { current: Some(most), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// Serves, and may have no more descriptors, or some again, as standard input says.
fn serve_with_a_full_table(model: Model) {
    allow_descriptors(100);
    let (served, ()) = serve(model, echo, |address, _| {
        println!("{address}");
        let mut fill: Vec<File> = Vec::new();
        for order in io::stdin().lines().map_while(Result::ok) {
            if order == "fill" {
                // Both: an accept under io_uring keeps to the limit of when it was submitted, and
                // one that has closed a connection has room for the next.
                fill.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
                allow_descriptors(3);
            } else {
                allow_descriptors(100);
                fill.clear();
            }
            println!("done");
        }
    });
    println!("{} {} {}", served.connections, served.pauses, served.cost.syscalls);
}

/// What a server came to that had no descriptor left for a while: connections, pauses, syscalls.
fn with_a_full_table(model: Model, pause: Duration) -> [u64; 3] {
    let (mut child, mut lines) = again(FULL_TABLE, model);
    let mut orders = child.stdin.take().unwrap();
    let mut line = || lines.next().unwrap().unwrap();
    let address: SocketAddr = line().parse().unwrap();
    writeln!(orders, "fill").unwrap();
    assert_eq!(line(), "done");
    // A thread that waits in accept4(2) has its descriptor already, and takes the first.
    drop(connect(address));
    let mut client = connect(address);
    client.write_all(b"patience").unwrap();
    thread::sleep(pause);
    writeln!(orders, "free").unwrap();
    assert_eq!(line(), "done");
    let mut back = [0; 8];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"patience", "{model}");
    drop(orders);
    let numbers = line();
    assert!(child.wait().unwrap().success(), "{model}");
    let numbers: Vec<u64> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

fn a_full_descriptor_table_makes_accepting_pause() {
    for model in models().filter(|model| model.row().workers != WorkersKind::Processes) {
        let mut pause = Duration::from_millis(100);
        let [connections, pauses, syscalls] = loop {
            let found = with_a_full_table(model, pause);
            // It may not have got as far in so short a time.
            if found[1] > 0 || pause > HANG / 4 {
                break found;
            }
            pause *= 2;
        };
        // At the stop a worker may rest still, whose own socket has the one that nobody waits for.
        let shares_port = model.row().workers == WorkersKind::Threads && capacity(model).is_none();
        let least = if shares_port { 1 } else { 2 };
        assert!((least..=2).contains(&connections), "{model}: {connections} connections");
        // Each worker may pause, and the pauses double.
        assert!((1..100).contains(&pauses), "{model}: {pauses} pauses");
        let spins = model.driver().is_some_and(|driver| driver.name == "spin");
        assert!(spins || syscalls < 1000, "{model}: {syscalls} system calls");
    }
}

/// Answers every message with this process's number.
async fn tell_process(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    while !stream.recv_pooled().await?.is_empty() {
        stream.send_all(std::process::id().to_le_bytes().to_vec()).await?;
    }
    Ok(())
}

/// Who serves a connection.
fn ask(client: &mut Client) -> io::Result<u32> {
    client.write_all(b"who?")?;
    let mut answer = [0; 4];
    client.read_exact(&mut answer)?;
    Ok(u32::from_le_bytes(answer))
}

/// Connections to at least two processes, and who is at their other end.
fn two_processes(address: SocketAddr) -> Vec<(u32, Client)> {
    let mut clients: Vec<(u32, Client)> = Vec::new();
    while clients.iter().all(|(process, _)| *process == clients[0].0) {
        assert!(clients.len() < 1000, "one process serves everybody");
        let mut client = connect(address);
        clients.push((ask(&mut client).unwrap(), client));
    }
    clients
}

fn a_killed_worker_process_is_replaced() {
    for model in models().filter(|model| serves_in_processes(*model)) {
        // With time to hear of a worker's end.
        let (served, ()) =
            serve_while(Builder::new(model), HANG, (), tell_process, |address, _| {
                let mut clients = two_processes(address);
                let known: BTreeSet<u32> = clients.iter().map(|(process, _)| *process).collect();
                let killed = *known.first().unwrap();
                kill_process(Pid::from_raw(killed as i32).unwrap(), Signal::KILL).unwrap();
                for (process, client) in &mut clients {
                    if *process == killed {
                        assert_ended(client, model);
                    } else {
                        assert_eq!(ask(client).unwrap(), *process, "{model}");
                    }
                }
                clients.retain(|(process, _)| *process != killed);
                let limit = Instant::now() + HANG;
                loop {
                    assert!(Instant::now() < limit, "{model}: nobody came");
                    // A connection that went to the dead one is reset; the next one may do better.
                    let answer = Client::connect(address).and_then(|mut client| {
                        client.set_read_timeout(Some(HANG))?;
                        ask(&mut client)
                    });
                    if answer.is_ok_and(|process| !known.contains(&process)) {
                        break;
                    }
                }
            });
        assert_eq!(served.workers_lost, 1, "{model}: {served:?}");
    }
}

/// Tells who serves, on standard output too, and never ends.
async fn tell_and_stay(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    println!("{}", std::process::id());
    loop {
        stream.recv_pooled().await?;
        stream.send_all(std::process::id().to_le_bytes().to_vec()).await?;
        time::sleep(Duration::from_millis(1)).await;
    }
}

fn serve_until_killed(model: Model) {
    let (served, ()) = serve(model, tell_and_stay, |address, _| {
        println!("{address}");
        thread::sleep(Duration::from_secs(3600));
    });
    panic!("nobody killed it: {served:?}");
}

fn no_server_process_outlives_its_parent() {
    for model in models().filter(|model| serves_in_processes(*model)) {
        let (mut parent, mut lines) = again(SERVER_TO_KILL, model);
        let address: SocketAddr = lines.next().unwrap().unwrap().parse().unwrap();
        let clients = two_processes(address);
        parent.kill().unwrap();
        parent.wait().unwrap();
        // The pipe ends when the last process that holds it has ended: no sleeping, no guessing.
        lines.map_while(Result::ok).for_each(drop);
        for (process, _) in &clients {
            // Its descriptors are closed, and it may still be on its way out.
            let Ok(process) =
                pidfd_open(Pid::from_raw(*process as i32).unwrap(), PidfdFlags::empty())
            else {
                continue;
            };
            let limit = Timespec { tv_sec: HANG.as_secs() as i64, tv_nsec: 0 };
            let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)).unwrap();
            assert_eq!(ended, 1, "{model}: a worker lives");
        }
    }
}

fn an_address_in_use_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let address = taken.local_addr().unwrap();
    for model in models() {
        let stop = ServeStop::new().unwrap();
        let control = ServeControl::new(&stop).on_ready(|_| panic!("{model} listens"));
        let runtime = Builder::new(model).build().unwrap();
        let error = runtime.serve(address, (), echo, control).unwrap_err().to_string();
        assert!(error.contains(&address.to_string()), "{model}: {error}");
        assert!(error.contains("in use"), "{model}: {error}");
    }
}

fn a_panic_when_all_listen_leaves_nobody_listening() {
    for model in models() {
        let (stop, mut listened) = (ServeStop::new().unwrap(), None);
        let control = ServeControl::new(&stop).on_ready(|address| {
            listened = Some(address);
            panic!("on purpose");
        });
        let runtime = Builder::new(model).build().unwrap();
        let served = AssertUnwindSafe(|| runtime.serve(ANY_PORT, (), echo, control));
        assert!(catch_unwind(served).is_err(), "{model} swallows a panic");
        drop(runtime);
        let address = listened.expect("it was called");
        let limit = Instant::now() + HANG;
        while Client::connect_timeout(&address, HANG).is_ok() {
            assert!(Instant::now() < limit, "{model} listens");
            thread::yield_now();
        }
    }
}
