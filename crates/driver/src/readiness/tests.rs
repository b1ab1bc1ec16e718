//! What is specific to drivers that try and then wait; what holds for all drivers is in the
//! conformance suite.

use std::ffi::CString;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::{Fill, Handle, TokenAllocator};

/// A driver, and the tokens that it is used with.
struct Bench<P> {
    driver: Readiness<P>,
    tokens: TokenAllocator,
}

impl<P: Poller> Bench<P> {
    fn new(config: &Config) -> Self {
        let driver = Readiness::open(config).expect("a driver");
        Self { driver, tokens: TokenAllocator::default() }
    }

    fn submit(&mut self, op: Op) -> Token {
        let token = self.tokens.allocate();
        self.driver.submit(token, op, None).expect("room for an op");
        token
    }

    /// Waits for `count` completions, and returns them in their order.
    fn reap(&mut self, count: usize) -> Vec<Completion> {
        let mut done = Vec::new();
        while done.len() < count {
            self.driver.wait(None, &mut done).expect("a wait");
        }
        done
    }

    /// Lets the driver look at what was submitted, and expects nothing to complete.
    fn look(&mut self) {
        let mut done = Vec::new();
        self.driver.wait(Some(Instant::now()), &mut done).expect("a look");
        assert!(done.is_empty(), "{done:?}");
    }
}

fn socket_pair() -> (Handle, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    ours.set_nonblocking(true).expect("a mode");
    (Handle::new(OwnedFd::from(ours)), theirs)
}

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Pool }
}

fn received(completion: &Completion) -> &[u8] {
    completion.returned.buffer.as_deref().unwrap_or_default()
}

fn path(directory: &tempfile::TempDir, name: &str) -> CString {
    let path = directory.path().join(name).into_os_string();
    CString::new(path.into_encoded_bytes()).expect("no NUL in the path")
}

#[test]
fn no_notification_is_lost_to_a_wait_that_looks_again() {
    let mut bench = Bench::<Epoll>::new(&Config::default());
    for _ in 0..2 * UNASKED_IN_A_ROW {
        bench.driver.notifier().notify();
        let deadline = Instant::now() + Duration::from_secs(60);
        bench.driver.wait(Some(deadline), &mut Vec::new()).expect("a wait");
        assert!(Instant::now() < deadline, "only the deadline ended the wait");
    }
}

#[test]
fn epoll_is_told_of_a_descriptor_once() {
    let mut bench = Bench::<Epoll>::new(&Config::default());
    let (handle, mut peer) = socket_pair();
    for _ in 0..100 {
        bench.submit(receive(&handle));
        bench.look();
        let before = bench.driver.counters();
        peer.write_all(b"x").expect("room for a byte");
        assert_eq!(received(&bench.reap(1)[0]), b"x");
        let did = bench.driver.counters() - before;
        assert_eq!((did.syscalls, did.would_block), (2, 0), "one wait and one recv");
    }
}

#[test]
fn epoll_knows_a_reused_number_from_its_former_owner() {
    let mut bench = Bench::<Epoll>::new(&Config::default());
    let mut numbers = Vec::new();
    for _ in 0..50 {
        let (handle, mut peer) = socket_pair();
        numbers.push(handle.as_raw_fd());
        bench.submit(receive(&handle));
        bench.look();
        peer.write_all(b"x").expect("room for a byte");
        assert_eq!(received(&bench.reap(1)[0]), b"x");
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() < 50, "no number was used twice");
}

#[test]
fn a_descriptor_that_changes_handles_without_closing_is_still_watched() {
    let mut bench = Bench::<Epoll>::new(&Config::default());
    let (mut handle, mut peer) = socket_pair();
    for _ in 0..3 {
        bench.submit(receive(&handle));
        bench.look();
        peer.write_all(b"x").expect("room for a byte");
        drop(bench.reap(1));
        handle = Handle::new(handle.into_descriptor().expect("the last reference"));
    }
}

#[test]
fn an_end_that_came_with_the_last_bytes_is_not_missed() {
    fn check<P: Poller>() {
        let mut bench = Bench::<P>::new(&Config::default());
        let (handle, mut peer) = socket_pair();
        bench.submit(receive(&handle));
        bench.look();
        peer.write_all(b"last").expect("room for bytes");
        peer.shutdown(Shutdown::Write).expect("an end");
        assert_eq!(received(&bench.reap(1)[0]), b"last");
        bench.submit(receive(&handle));
        assert_eq!(received(&bench.reap(1)[0]), b"");
    }
    check::<Spin>();
    check::<Select>();
    check::<Poll>();
    check::<Epoll>();
}

#[test]
fn ops_that_wait_in_one_direction_are_served_in_their_order() {
    fn check<P: Poller>() {
        let mut bench = Bench::<P>::new(&Config::default());
        let (handle, mut peer) = socket_pair();
        let one_byte =
            || Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(1)) };
        let tokens: Vec<Token> = (0..4).map(|_| bench.submit(one_byte())).collect();
        bench.look();
        bench.driver.cancel(tokens[1]);
        peer.write_all(b"abc").expect("room for bytes");
        let done = bench.reap(4);
        let of = |token| done.iter().find(|completion| completion.token == token);
        let bytes = |token| of(token).map(received).unwrap_or_default();
        assert_eq!([bytes(tokens[0]), bytes(tokens[2]), bytes(tokens[3])], [b"a", b"b", b"c"]);
    }
    check::<Spin>();
    check::<Select>();
    check::<Poll>();
    check::<Epoll>();
}

#[test]
fn an_attempt_overtakes_nobody_and_hides_nothing_from_who_comes_later() {
    fn check<P: Poller>() {
        let mut bench = Bench::<P>::new(&Config::default());
        let (handle, mut peer) = socket_pair();
        let attempt = |bench: &mut Bench<P>, handle: &Handle| {
            let token = bench.tokens.allocate();
            match Driver::attempt(&mut bench.driver, token, receive(handle)) {
                crate::Attempt::Completed(completion) => Some(received(&completion).to_vec()),
                crate::Attempt::NotNow(_) => None,
            }
        };
        assert_eq!(attempt(&mut bench, &handle), None, "nothing is there");
        bench.submit(receive(&handle));
        peer.write_all(b"first").expect("room for bytes");
        assert_eq!(attempt(&mut bench, &handle), None, "another one was first");
        assert_eq!(received(&bench.reap(1)[0]), b"first");

        bench.submit(Op::Shutdown { handle: handle.clone(), how: Shutdown::Read });
        peer.write_all(b"second").expect("room for bytes");
        assert_eq!(attempt(&mut bench, &handle), None, "a shutdown goes before");
        bench.reap(1);

        let (handle, mut peer) = socket_pair();
        peer.write_all(b"at once").expect("room for bytes");
        assert_eq!(attempt(&mut bench, &handle).as_deref(), Some(&b"at once"[..]));
        bench.submit(receive(&handle));
        bench.look();
        peer.write_all(b"later").expect("room for bytes");
        assert_eq!(received(&bench.reap(1)[0]), b"later");
    }
    check::<Spin>();
    check::<Select>();
    check::<Poll>();
    check::<Epoll>();
}

#[test]
fn select_refuses_what_is_above_its_size_and_says_so() {
    use rustix::io::fcntl_dupfd_cloexec;
    let mut bench = Bench::<Select>::new(&Config::default());
    let (reader, _peer) = UnixStream::pair().expect("a pair of sockets");
    reader.set_nonblocking(true).expect("a mode");
    let Ok(high) = fcntl_dupfd_cloexec(&reader, 1024) else {
        panic!("this test needs a limit of more than 1024 descriptors (ulimit -n)")
    };
    let high = Handle::new(high);
    bench.submit(receive(&high));
    let completion = bench.reap(1).remove(0);
    let error = completion.result.expect_err("too high a number");
    assert!(error.to_string().contains("FD_SETSIZE"), "{error}");
    assert_eq!(completion.returned.handle, Some(high));
}

#[test]
fn select_takes_a_high_descriptor_that_need_not_wait() {
    use rustix::io::fcntl_dupfd_cloexec;
    let mut bench = Bench::<Select>::new(&Config::default());
    let (reader, mut peer) = UnixStream::pair().expect("a pair of sockets");
    let high = fcntl_dupfd_cloexec(&reader, 1024).expect("a limit of more than 1024 descriptors");
    peer.write_all(b"there already").expect("room for bytes");
    bench.submit(receive(&Handle::new(high)));
    assert_eq!(received(&bench.reap(1)[0]), b"there already");
}

#[test]
fn writes_at_the_position_keep_their_order_with_several_helpers() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::<Epoll>::new(&Config { helpers: 4, ..Config::default() });
    let path = path(&directory, "file");
    bench.submit(Op::Open { path: path.clone(), mode: crate::OpenMode::Create });
    let Ok(Value::Opened(file)) = bench.reap(1).remove(0).result else { panic!("no file") };
    for number in 0..1000u16 {
        let data = Bytes::copy_from_slice(&number.to_le_bytes());
        bench.submit(Op::Write { handle: file.clone(), data });
    }
    drop(bench.reap(1000));
    bench.submit(Op::ReadFile { path, into: Fill::Pool });
    let expected: Vec<u8> = (0..1000u16).flat_map(u16::to_le_bytes).collect();
    assert!(received(&bench.reap(1)[0]) == expected, "writes overtook one another");
}

#[test]
fn a_read_does_not_overtake_a_write_at_the_position() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::<Epoll>::new(&Config { helpers: 4, ..Config::default() });
    bench.submit(Op::Open { path: path(&directory, "file"), mode: crate::OpenMode::Create });
    let Ok(Value::Opened(file)) = bench.reap(1).remove(0).result else { panic!("no file") };
    for _ in 0..100 {
        bench.submit(Op::Write { handle: file.clone(), data: Bytes::from_static(b"12") });
        let read = bench.submit(Op::Read { handle: file.clone(), into: Fill::Pool });
        let done = bench.reap(2);
        let read = done.iter().find(|completion| completion.token == read);
        assert_eq!(read.map(received), Some(&b""[..]), "read before the position had moved");
    }
}

#[test]
fn slow_ops_do_not_hide_a_finished_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let fifo = path(&directory, "fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .expect("a FIFO");
    let mut bench = Bench::<Epoll>::new(&Config { helpers: 2, ..Config::default() });
    // One helper is stuck in the pipe, the other in the FIFO; with what is queued behind them,
    // the one result between is no batch that they would have announced.
    bench.submit(Op::Read { handle: OwnedFd::from(reader).into(), into: Fill::Pool });
    let quick = bench.submit(Op::Stat { path: c"/".into() });
    bench.submit(Op::Open { path: fifo.clone(), mode: crate::OpenMode::Write });
    for _ in 0..10 {
        bench.submit(Op::Stat { path: c"/".into() });
    }
    assert_eq!(bench.reap(1)[0].token, quick);
    writer.write_all(b"x").expect("room for a byte");
    let _fifo = std::fs::File::open(fifo.to_str().expect("UTF-8")).expect("the other end");
    assert_eq!(bench.reap(12).len(), 12);
}

#[test]
fn a_queued_file_op_ends_at_once_when_cancelled_and_a_running_one_with_its_own_result() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let mut bench = Bench::<Epoll>::new(&Config { helpers: 1, ..Config::default() });
    let pipe = Handle::new(OwnedFd::from(reader));
    let running = bench.submit(Op::Read { handle: pipe.clone(), into: Fill::Pool });
    bench.look();
    while bench.driver.helpers.has_backlog() {
        bench.look();
    }
    let queued = bench.submit(Op::Read { handle: pipe, into: Fill::Pool });
    bench.look();
    bench.driver.cancel(queued);
    let done = bench.reap(1);
    assert_eq!(done[0].token, queued);
    assert!(done[0].result.is_err());
    bench.driver.cancel(running);
    writer.write_all(b"x").expect("room for a byte");
    let done = bench.reap(1);
    assert_eq!((done[0].token, received(&done[0])), (running, &b"x"[..]));
}

#[test]
fn spin_carries_out_files_itself_and_is_never_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::<Spin>::new(&Config::default());
    let path = path(&directory, "file");
    bench.submit(Op::WriteFile { path: path.clone(), data: Bytes::from_static(b"content") });
    drop(bench.reap(1));
    bench.submit(Op::ReadFile { path, into: Fill::Pool });
    assert_eq!(received(&bench.reap(1)[0]), b"content");
    let did = bench.driver.counters();
    assert_eq!((did.would_block, did.waits, did.handed_off), (0, 0, 0));
}

#[test]
fn dropping_the_driver_ends_what_is_in_flight() {
    let (handle, mut peer) = socket_pair();
    let mut bench = Bench::<Epoll>::new(&Config::default());
    bench.submit(receive(&handle));
    bench.submit(Op::Sleep { duration: Duration::MAX });
    bench.submit(Op::Stat { path: c"/".into() });
    drop(bench);
    drop(handle);
    let mut rest = Vec::new();
    assert_eq!(peer.read_to_end(&mut rest).expect("an end"), 0, "the socket is still open");
}
