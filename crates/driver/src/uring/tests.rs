//! What is this driver's own; what all drivers promise is checked by the conformance suite.

use std::error::Error;
use std::ffi::CString;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use bytes::Bytes;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::io::Errno;
use tempfile::TempDir;

use super::window::WINDOW;
use super::*;
use crate::{Buffer, Fill, Handle, TokenAllocator};

type Outcome = Result<(), Box<dyn Error>>;

/// A driver, and what it is asked for.
struct Asked {
    driver: Uring,
    tokens: TokenAllocator,
}

impl Asked {
    fn new() -> io::Result<Self> {
        let driver = Uring::open(&Config::default())?;
        Ok(Self { driver, tokens: TokenAllocator::default() })
    }

    fn submit(&mut self, op: Op) -> Token {
        let token = self.tokens.allocate();
        assert!(self.driver.submit(token, op, None).is_ok());
        token
    }

    /// Waits for `count` completions, in the order of their tokens.
    fn reap(&mut self, count: usize) -> io::Result<Vec<Completion>> {
        let mut done = Vec::new();
        while done.len() < count {
            self.driver.wait(None, &mut done)?;
        }
        assert_eq!(done.len(), count);
        done.sort_by_key(|completion| completion.token);
        for completion in &done {
            self.tokens.release(completion.token);
        }
        Ok(done)
    }

    fn run(&mut self, op: Op) -> io::Result<Completion> {
        self.submit(op);
        Ok(self.reap(1)?.remove(0))
    }

    /// Takes what is ready, without waiting.
    fn look(&mut self) -> io::Result<Vec<Completion>> {
        let mut done = Vec::new();
        self.driver.wait(Some(Instant::now()), &mut done)?;
        Ok(done)
    }
}

/// Makes a file and gives its path.
fn file(directory: &TempDir, name: &str, content: &[u8]) -> io::Result<CString> {
    let path = directory.path().join(name);
    fs::write(&path, content)?;
    Ok(c_path(&path))
}

/// Makes a FIFO and gives its path.
fn fifo(directory: &TempDir, name: &str) -> io::Result<CString> {
    let path = directory.path().join(name);
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    Ok(c_path(&path))
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("no NUL in a path of ours")
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}

fn read_file(path: &CString, room: usize) -> Op {
    Op::ReadFile { path: path.clone(), into: Fill::Own(Vec::with_capacity(room)) }
}

fn recv(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Pool }
}

fn count(completion: &Completion) -> Option<usize> {
    match completion.result {
        Ok(Value::Count(count)) => Some(count),
        _ => None,
    }
}

fn error_kind(completion: &Completion) -> Option<ErrorKind> {
    completion.result.as_ref().err().map(io::Error::kind)
}

fn is_cancelled(completion: &Completion) -> bool {
    let error = completion.result.as_ref().err();
    error.and_then(rustix::io::Errno::from_io_error) == Some(rustix::io::Errno::CANCELED)
}

fn bytes_of(completion: &Completion) -> &[u8] {
    completion.returned.buffer.as_deref().unwrap_or_default()
}

/// The drivers in which whole files are chains, and those in which they are steps.
fn both_ways() -> io::Result<[Asked; 2]> {
    let (chains, mut steps) = (Asked::new()?, Asked::new()?);
    steps.driver.window = Window::without_slots();
    Ok([chains, steps])
}

#[test]
fn a_file_is_read_to_its_end_whatever_the_room() -> Outcome {
    let directory = tempfile::tempdir()?;
    let whole = content(100_000);
    let path = file(&directory, "whole", &whole)?;
    let empty = file(&directory, "empty", b"")?;
    for mut asked in both_ways()? {
        for room in [0, 1, 99_999, 100_000, 100_001, 1 << 20] {
            let read = asked.run(read_file(&path, room))?;
            assert_eq!(count(&read), Some(whole.len()), "room {room}: {read:?}");
            assert_eq!(bytes_of(&read), whole, "room {room}");
        }
        assert_eq!(count(&asked.run(read_file(&empty, 10))?), Some(0));
        let read = asked.run(Op::ReadFile { path: path.clone(), into: Fill::Pool })?;
        assert_eq!(bytes_of(&read), whole, "into a buffer of the pool, which is shorter");
    }
    Ok(())
}

#[test]
fn a_file_is_read_after_what_the_buffer_holds() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = file(&directory, "tail", b"tail")?;
    for mut asked in both_ways()? {
        let mut buffer = Vec::with_capacity(6);
        buffer.extend_from_slice(b"head");
        let read = asked.run(Op::ReadFile { path: path.clone(), into: Fill::Own(buffer) })?;
        assert_eq!(count(&read), Some(4));
        assert_eq!(bytes_of(&read), b"headtail");
    }
    Ok(())
}

#[test]
fn errors_of_whole_files_are_the_systems_own_and_give_the_buffer_back() -> Outcome {
    let directory = tempfile::tempdir()?;
    let missing = c_path(&directory.path().join("missing"));
    let itself = c_path(directory.path());
    for mut asked in both_ways()? {
        let read = asked.run(read_file(&missing, 10))?;
        assert_eq!(error_kind(&read), Some(ErrorKind::NotFound), "{read:?}");
        assert!(matches!(read.returned.buffer, Some(Buffer::Own(_))), "{read:?}");
        let read = asked.run(read_file(&itself, 10))?;
        assert_eq!(error_kind(&read), Some(ErrorKind::IsADirectory), "{read:?}");
        let data = Bytes::from_static(b"data");
        let write = Op::WriteFile { path: itself.clone(), data: data.clone() };
        let write = asked.run(write)?;
        assert_eq!(error_kind(&write), Some(ErrorKind::IsADirectory), "{write:?}");
        assert_eq!(bytes_of(&write), data);
        let full = Op::WriteFile { path: c"/dev/full".into(), data };
        let full = asked.run(full)?;
        assert_eq!(error_kind(&full), Some(ErrorKind::StorageFull), "{full:?}");
    }
    Ok(())
}

#[test]
fn slots_serve_many_files_and_failures_keep_none() -> Outcome {
    let directory = tempfile::tempdir()?;
    let missing = c_path(&directory.path().join("missing"));
    for mut asked in both_ways()? {
        let files = 5 * WINDOW as usize;
        for index in 0..files {
            let path = c_path(&directory.path().join(index.to_string()));
            asked.submit(Op::WriteFile { path, data: content(index).into() });
            asked.submit(read_file(&missing, 1));
        }
        let done = asked.reap(2 * files)?;
        assert_eq!(done.iter().filter(|completion| completion.result.is_ok()).count(), files);
        for index in 0..files {
            assert_eq!(fs::read(directory.path().join(index.to_string()))?, content(index));
        }
    }
    Ok(())
}

#[test]
fn a_short_write_goes_on_where_it_stopped() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = file(&directory, "short", b"")?;
    let mut op = Op::WriteFile { path, data: content(10).into() };
    let mut steps = chain::Steps::new();
    let file = OwnedFd::from(fs::File::open(directory.path().join("short"))?);
    let number = std::os::fd::IntoRawFd::into_raw_fd(file) as u32;
    assert!(matches!(steps.advance(&mut op, number), chain::Progress::Continue));
    assert!(matches!(steps.advance(&mut op, 4), chain::Progress::Continue));
    let chain::Progress::Finished(Ok(Value::Count(written))) = steps.advance(&mut op, 6) else {
        return Err("all ten bytes were written".into());
    };
    assert_eq!(written, 10);
    Ok(())
}

#[test]
fn cancelled_whole_files_end_early_and_free_their_slots() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = file(&directory, "file", b"content")?;
    for (round, mut asked) in both_ways()?.into_iter().enumerate() {
        // An open of a FIFO waits for its other end, in one of the kernel's threads; the last
        // of these wait for the window.
        let files = 2 * WINDOW as usize;
        let mut tokens = Vec::new();
        for index in 0..files {
            let name = format!("{round} {index}");
            tokens.push(asked.submit(read_file(&fifo(&directory, &name)?, 10)));
        }
        assert!(asked.look()?.is_empty());
        tokens.iter().for_each(|token| asked.driver.cancel(*token));
        let done = asked.reap(files)?;
        for completion in &done {
            assert!(is_cancelled(completion), "{completion:?}");
            assert!(matches!(completion.returned.buffer, Some(Buffer::Own(_))));
        }
        for _ in 0..files {
            asked.submit(read_file(&path, 10));
        }
        for completion in asked.reap(files)? {
            assert_eq!(bytes_of(&completion), b"content");
        }
    }
    Ok(())
}

#[test]
fn a_chain_that_waits_in_its_read_can_be_cancelled() -> Outcome {
    let directory = tempfile::tempdir()?;
    let fifo = fifo(&directory, "fifo")?;
    let writer = rustix::fs::openat(CWD, &fifo, OFlags::RDWR, Mode::empty())?;
    for mut asked in both_ways()? {
        let token = asked.submit(read_file(&fifo, 10));
        for _ in 0..10 {
            assert!(asked.look()?.is_empty());
        }
        asked.driver.cancel(token);
        let done = asked.reap(1)?;
        assert!(is_cancelled(&done[0]), "{:?}", done[0]);
    }
    drop(writer);
    Ok(())
}

#[test]
fn what_is_cancelled_before_a_wait_never_reaches_the_kernel() -> Outcome {
    let directory = tempfile::tempdir()?;
    let mut asked = Asked::new()?;
    let path = directory.path().join("never");
    let write = Op::WriteFile { path: c_path(&path), data: Bytes::from_static(b"x") };
    let open = Op::Open { path: c_path(&path), mode: crate::OpenMode::Create };
    for op in [write, open] {
        let token = asked.submit(op);
        asked.driver.cancel(token);
    }
    for completion in asked.reap(2)? {
        assert!(is_cancelled(&completion), "{completion:?}");
    }
    assert!(!path.exists());
    Ok(())
}

#[test]
fn a_dry_ring_of_buffers_loses_nothing() -> Outcome {
    const PAIRS: usize = 500;
    let mut asked = Asked::new()?;
    let mut far = Vec::new();
    for _ in 0..PAIRS {
        let (near, other) = UnixStream::pair()?;
        far.push(other);
        let handle = Handle::from(OwnedFd::from(near));
        asked.submit(recv(&handle));
    }
    assert!(asked.look()?.is_empty());
    for round in 0..2 {
        for (index, stream) in far.iter_mut().enumerate() {
            stream.write_all(format!("{round} {index}").as_bytes())?;
        }
        // The leases stay out, so that the pool has nothing to give again.
        let done = asked.reap(PAIRS)?;
        for (index, completion) in done.iter().enumerate() {
            assert_eq!(bytes_of(completion), format!("{round} {index}").as_bytes());
        }
        // Backwards, as the tokens come: the same token for the same socket again.
        for completion in done.iter().rev() {
            let handle = completion.returned.handle.as_ref().ok_or("a handle comes back")?;
            asked.submit(recv(handle));
        }
    }
    Ok(())
}

#[test]
fn receives_work_without_a_ring_of_buffers() -> Outcome {
    let mut asked = Asked::new()?;
    asked.driver.provided = None;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    far.write_all(b"hello")?;
    assert_eq!(bytes_of(&asked.run(recv(&handle))?), b"hello");
    drop(far);
    assert_eq!(count(&asked.run(recv(&handle))?), Some(0));
    Ok(())
}

/// Drivers whose receives are as on kernels of different ages, newest first.
fn of_all_ages() -> io::Result<[(&'static str, Asked); 4]> {
    let (newest, mut whole, mut single, mut none) =
        (Asked::new()?, Asked::new()?, Asked::new()?, Asked::new()?);
    let driver = &mut whole.driver;
    driver.ring.submitter().unregister_buf_ring(provided::GROUP)?;
    let registered = ProvidedBuffers::register_as(&driver.ring.submitter(), 16 << 10, 0)?;
    driver.provided = Some(registered);
    single.driver.shots = Shots::One;
    none.driver.ring.submitter().unregister_buf_ring(provided::GROUP)?;
    none.driver.provided = None;
    none.driver.shots = Shots::One;
    Ok([
        ("slabs in pieces", newest),
        ("slabs as a whole", whole),
        ("one result each", single),
        ("no provided memory", none),
    ])
}

#[test]
fn receives_lose_nothing_on_kernels_of_any_age() -> Outcome {
    for (age, mut asked) in of_all_ages()? {
        let (near, mut far) = UnixStream::pair()?;
        let handle = Handle::new(OwnedFd::from(near));
        let sent = content(300 << 10);
        let expected = sent.clone();
        let sender = std::thread::spawn(move || far.write_all(&sent));
        let (mut received, mut done, mut shots) = (Vec::new(), Vec::new(), 0);
        asked.submit(Op::RecvMany { handle: handle.clone() });
        'stream: loop {
            asked.driver.wait(None, &mut done)?;
            for completion in done.drain(..) {
                received.extend_from_slice(bytes_of(&completion));
                shots += usize::from(completion.more);
                match (completion.more, count(&completion)) {
                    (_, Some(0)) => break 'stream,
                    (_, None) => panic!("{age}: {completion:?}"),
                    (true, _) => {}
                    (false, _) => {
                        asked.tokens.release(completion.token);
                        asked.submit(Op::RecvMany { handle: handle.clone() });
                    }
                }
            }
        }
        sender.join().expect("the sender does not panic")?;
        assert!(received == expected, "{age}: {} bytes of {}", received.len(), expected.len());
        assert_eq!(shots > 0, age.starts_with("slabs"), "{age}: {shots} results before the last");
    }
    Ok(())
}

/// A kernel that takes the op and not the shots says `EINVAL`, which only the driver sees.
#[test]
fn a_kernel_without_multishot_gets_single_shots() -> Outcome {
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    far.write_all(b"text")?;
    let token = asked.submit(Op::RecvMany { handle: Handle::new(OwnedFd::from(near)) });
    // What the kernel would have said, in its stead: nothing was submitted yet.
    let in_flight = asked.driver.ops.get_mut(token).ok_or("the op is in the table")?;
    in_flight.stage = Stage::Kernel;
    asked.driver.starts.clear();
    let user_data = Tag { token, part: tag::Part::Single }.to_u64();
    let refused = ring::Outcome { user_data, result: -Errno::INVAL.raw_os_error(), flags: 0 };
    asked.driver.single_done(token, refused);
    let done = asked.reap(1)?;
    assert_eq!(bytes_of(&done[0]), b"text");
    assert!(!done[0].more && asked.driver.shots == Shots::One);
    Ok(())
}

#[test]
fn more_ops_and_cancels_than_the_shared_queue_holds() -> Outcome {
    const OPS: usize = 12_000;
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    let directory = tempfile::tempdir()?;
    file(&directory, "file", &content(OPS))?;
    let file = Handle::from(OwnedFd::from(fs::File::open(directory.path().join("file"))?));
    for index in 0..OPS {
        let into = Fill::Own(Vec::with_capacity(1));
        let offset = index as u64;
        asked.submit(Op::ReadAt { handle: file.clone(), into, offset });
    }
    let done = asked.reap(OPS)?;
    for (byte, completion) in content(OPS).iter().zip(&done) {
        assert_eq!(bytes_of(completion), [*byte]);
    }
    drop(done);
    let tokens: Vec<Token> = (0..OPS).map(|_| asked.submit(recv(&handle))).collect();
    assert!(asked.look()?.is_empty());
    let (last, rest) = tokens.split_last().ok_or("there are tokens")?;
    rest.iter().for_each(|token| asked.driver.cancel(*token));
    let done = asked.reap(OPS - 1)?;
    assert!(done.iter().all(is_cancelled));
    far.write_all(b"still here")?;
    let done = asked.reap(1)?;
    assert_eq!((done[0].token, bytes_of(&done[0])), (*last, &b"still here"[..]));
    Ok(())
}

#[test]
fn receives_on_one_socket_complete_in_their_order() -> Outcome {
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    for _ in 0..4 {
        let into = Fill::Own(Vec::with_capacity(1));
        asked.submit(Op::Recv { handle: handle.clone(), into });
    }
    assert!(asked.look()?.is_empty());
    far.write_all(b"abcd")?;
    let done = asked.reap(4)?;
    let received: Vec<u8> =
        done.iter().flat_map(|completion| bytes_of(completion).to_vec()).collect();
    assert_eq!(received, b"abcd");
    Ok(())
}

#[test]
fn a_shutdown_does_not_overtake_a_send() -> Outcome {
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    asked.submit(Op::Send {
        handle: handle.clone(),
        data: Bytes::from_static(b"last words").into(),
    });
    asked.submit(Op::Shutdown { handle, how: std::net::Shutdown::Write });
    for completion in asked.reap(2)? {
        assert!(completion.result.is_ok(), "{completion:?}");
    }
    let mut heard = String::new();
    far.read_to_string(&mut heard)?;
    assert_eq!(heard, "last words");
    Ok(())
}

#[test]
fn closing_closes_when_nobody_else_holds_the_handle() -> Outcome {
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    assert!(asked.run(Op::Close { handle: handle.clone() })?.result.is_ok());
    far.write_all(b"open still")?;
    assert!(asked.run(Op::Close { handle })?.result.is_ok());
    let closed = far.write_all(b"closed").map_err(|error| error.kind());
    assert_eq!(closed, Err(ErrorKind::BrokenPipe));
    Ok(())
}

#[test]
fn dropping_ends_what_is_in_flight_and_gives_up_its_handles() -> Outcome {
    let directory = tempfile::tempdir()?;
    let fifo = fifo(&directory, "fifo")?;
    let mut asked = Asked::new()?;
    let mut handles = Vec::new();
    let mut far = Vec::new();
    for _ in 0..300 {
        let (near, other) = UnixStream::pair()?;
        let handle = Handle::from(OwnedFd::from(near));
        asked.submit(recv(&handle));
        asked.submit(recv(&handle));
        handles.push(handle);
        far.push(other);
    }
    asked.submit(read_file(&fifo, 10));
    asked.submit(Op::Sleep { duration: Duration::from_secs(3600) });
    assert!(asked.look()?.is_empty());
    let never = directory.path().join("never");
    asked.submit(Op::WriteFile { path: c_path(&never), data: Bytes::from_static(b"x") });
    drop(asked);
    assert!(!never.exists(), "what was not submitted yet is not begun any more");
    for handle in handles {
        assert!(handle.into_descriptor().is_some(), "the driver kept a reference");
    }
    Ok(())
}

#[test]
fn a_deadline_ends_waits_in_the_kernel_and_in_line() -> Outcome {
    let mut asked = Asked::new()?;
    let (near, mut far) = UnixStream::pair()?;
    let handle = Handle::from(OwnedFd::from(near));
    let deadline = Some(Instant::now() + Duration::from_millis(5));
    for _ in 0..2 {
        let token = asked.tokens.allocate();
        assert!(asked.driver.submit(token, recv(&handle), deadline).is_ok());
    }
    for completion in asked.reap(2)? {
        assert_eq!(error_kind(&completion), Some(ErrorKind::TimedOut), "{completion:?}");
    }
    far.write_all(b"late")?;
    assert_eq!(bytes_of(&asked.run(recv(&handle))?), b"late");
    Ok(())
}

#[test]
fn a_system_that_forbids_io_uring_says_so_unchanged() -> Outcome {
    use seccompiler::{SeccompAction, SeccompFilter};
    /// `io_uring_setup` has one number on every architecture.
    const IO_URING_SETUP: i64 = 425;
    for errno in [rustix::io::Errno::PERM, rustix::io::Errno::NOSYS] {
        // The filter stays on the thread that asked for it.
        let refused = std::thread::spawn(move || -> Result<_, seccompiler::Error> {
            let filter = SeccompFilter::new(
                [(IO_URING_SETUP, Vec::new())].into(),
                SeccompAction::Allow,
                SeccompAction::Errno(errno.raw_os_error() as u32),
                std::env::consts::ARCH.try_into()?,
            )?;
            seccompiler::apply_filter(&seccompiler::BpfProgram::try_from(filter)?)?;
            Ok(Uring::open(&Config::default()).err())
        });
        let refused = refused.join().map_err(|_| "the thread ended well")??;
        assert_eq!(refused.and_then(|error| error.raw_os_error()), Some(errno.raw_os_error()));
    }
    Ok(())
}
