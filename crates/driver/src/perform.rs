//! Carries out one op by syscalls, on the calling thread.
//!
//! Every driver but io_uring's ends here: a blocking one calls it and waits, a helper thread calls
//! it on another's behalf, a readiness driver calls it on a non-blocking socket and takes
//! `EAGAIN` for an answer. The mode of the sockets is all that differs.
//!
//! Left out on purpose: who waits and where. All calls go through rustix; there is no `unsafe`.

use std::ffi::CStr;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrAny, SocketFlags, SocketType};

use crate::completion::{Datagram, FileKind, Stat};
use crate::op::Direction;
use crate::{Address, BindShare, BufferPool, Completion, Counters, Fill, Handle, Op, OpenMode};
use crate::{Interruption, Returned, SocketFamily, SocketKind, Token, Value, wait_limit};

/// Whether the sockets that a driver makes wait inside the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketMode {
    /// The call returns when it is done.
    Blocking,
    /// The call returns `EAGAIN` when it would wait: `O_NONBLOCK`.
    NonBlocking,
}

impl SocketMode {
    fn flags(self) -> SocketFlags {
        match self {
            Self::Blocking => SocketFlags::CLOEXEC,
            Self::NonBlocking => SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        }
    }
}

/// What one attempt at an op came to.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It is done, well or not.
    Completed(Completion),
    /// It has to wait for the other side; here it is again.
    WouldBlock(Op),
}

/// Makes the calls, and counts them.
#[derive(Debug)]
pub(crate) struct Performer {
    mode: SocketMode,
    pool: BufferPool,
    /// What ends a sleep early; none if nobody will.
    pub(crate) interruption: Option<Interruption>,
    pub(crate) counters: Counters,
}

impl Performer {
    pub(crate) fn new(mode: SocketMode, pool: BufferPool) -> Self {
        Self { mode, pool, interruption: None, counters: Counters::default() }
    }

    pub(crate) fn pool(&self) -> &BufferPool {
        &self.pool
    }

    /// Carries out `op`. With blocking sockets the answer is always `Completed`, by `deadline` on
    /// sockets and sleeps, whenever the call returns on files.
    pub(crate) fn attempt(
        &mut self,
        token: Token,
        mut op: Op,
        deadline: Option<Instant>,
    ) -> Attempt {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Attempt::Completed(op.timed_out(token));
        }
        if let Op::Close { handle } = op {
            return Attempt::Completed(self.close(token, handle));
        }
        let result = match (self.mode, op.direction()) {
            (SocketMode::Blocking, Some(direction)) => {
                self.wait_inside(&mut op, deadline, direction)
            }
            _ => self.call_for(&mut op, deadline),
        };
        match result {
            Err(Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY)
                if self.mode == SocketMode::NonBlocking && op.direction().is_some() =>
            {
                Attempt::WouldBlock(op)
            }
            result => Attempt::Completed(op.complete(token, result.map_err(io::Error::from))),
        }
    }

    /// Carries out `op` on a blocking socket, which waits inside the call, until `deadline`.
    fn wait_inside(
        &mut self,
        op: &mut Op,
        deadline: Option<Instant>,
        direction: Direction,
    ) -> rustix::io::Result<Value> {
        let is_unlimited = |handle: &Handle| handle.wait_limit(direction).is_unlimited();
        if deadline.is_none() && op.handle().is_none_or(is_unlimited) {
            return self.call_for(op, None);
        }
        let Some(handle) = op.handle().cloned() else { return self.call_for(op, deadline) };
        let mut limit_for: fn(Duration) -> Duration = wait_limit::rounded;
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(Errno::TIMEDOUT);
            }
            self.limit_waits(&handle, direction, left.map(limit_for))?;
            match self.call_for(op, deadline) {
                // The limit has passed, which may be shorter than what was left.
                Err(Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY) if left.is_some() => {
                    limit_for = |left| left;
                }
                other => return other,
            }
        }
    }

    /// Sets how long a blocking socket's calls wait, if that changes.
    fn limit_waits(
        &mut self,
        handle: &Handle,
        direction: Direction,
        limit: Option<Duration>,
    ) -> rustix::io::Result<()> {
        use rustix::net::sockopt::{Timeout, set_socket_timeout};
        let known = handle.wait_limit(direction);
        if !known.change(limit) {
            return Ok(());
        }
        let which = match direction {
            Direction::Read => Timeout::Recv,
            Direction::Write => Timeout::Send,
        };
        // To the kernel zero is no limit.
        let limit = limit.map(|limit| limit.max(Duration::from_micros(1)));
        let set = self.call(|| set_socket_timeout(handle, which, limit));
        if set.is_err() {
            known.forget();
        }
        set
    }

    /// Makes a call, again if a signal interrupted it, and counts.
    pub(crate) fn call<T>(
        &mut self,
        mut call: impl FnMut() -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        loop {
            self.counters.syscalls += 1;
            match call() {
                Err(Errno::INTR) => {}
                Err(refusal @ (Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY)) => {
                    self.counters.would_block += 1;
                    return Err(refusal);
                }
                other => return other,
            }
        }
    }

    fn call_for(&mut self, op: &mut Op, deadline: Option<Instant>) -> rustix::io::Result<Value> {
        match op {
            Op::Open { path, mode } => Ok(Value::Opened(self.open(path, *mode)?.into())),
            Op::Read { handle, into } => {
                self.fill(into, |buffer| rustix::io::read(&*handle, spare_capacity(buffer)))
            }
            Op::ReadAt { handle, into, offset } => self
                .fill(into, |buffer| rustix::io::pread(&*handle, spare_capacity(buffer), *offset)),
            Op::Recv { handle, into } => self.fill(into, |buffer| {
                let room = spare_capacity(buffer);
                rustix::net::recv(&*handle, room, RecvFlags::empty()).map(|(count, _)| count)
            }),
            Op::RecvFrom { handle, into } => self.receive_from(handle, into),
            Op::Write { handle, data } => {
                self.call(|| rustix::io::write(&*handle, data)).map(Value::Count)
            }
            Op::WriteAt { handle, data, offset } => {
                self.call(|| rustix::io::pwrite(&*handle, data, *offset)).map(Value::Count)
            }
            Op::Send { handle, data } => self
                .call(|| rustix::net::send(&*handle, &*data, SendFlags::NOSIGNAL))
                .map(Value::Count),
            Op::SendTo { handle, data, address } => {
                let address = to_somebody(handle, address)?;
                self.call(|| rustix::net::sendto(&*handle, data, SendFlags::NOSIGNAL, &address))
                    .map(Value::Count)
            }
            Op::Fsync { handle } => self.call(|| rustix::fs::fsync(&*handle)).map(done),
            Op::Stat { path } => self.stat(path).map(Value::Stat),
            Op::Mkdir { path } => {
                let mode = Mode::RWXU | Mode::RWXG | Mode::RWXO;
                self.call(|| rustix::fs::mkdirat(CWD, &**path, mode)).map(done)
            }
            Op::Unlink { path } => {
                self.call(|| rustix::fs::unlinkat(CWD, &**path, AtFlags::empty())).map(done)
            }
            Op::ReadFile { path, into } => self.read_file(path, into).map(Value::Count),
            Op::WriteFile { path, data } => self.write_file(path, data).map(Value::Count),
            Op::Socket { family, kind } => self.socket(*family, *kind).map(Value::Opened),
            Op::Bind { handle, address, share } => self.bind(handle, address, *share).map(done),
            Op::Listen { handle, backlog } => {
                self.call(|| rustix::net::listen(&*handle, *backlog)).map(done)
            }
            Op::Accept { handle } => self.accept(handle),
            Op::Connect { handle, address } => self.connect(handle, address).map(done),
            Op::Shutdown { handle, how } => {
                let how = match how {
                    Shutdown::Read => rustix::net::Shutdown::Read,
                    Shutdown::Write => rustix::net::Shutdown::Write,
                    Shutdown::Both => rustix::net::Shutdown::Both,
                };
                self.call(|| rustix::net::shutdown(&*handle, how)).map(done)
            }
            Op::Sleep { duration } => self.sleep(*duration, deadline).map(done),
            Op::Close { .. } => unreachable!("`attempt` carries out a close, which needs the op"),
            Op::AcceptMany { .. } | Op::RecvMany { .. } => {
                unreachable!("a driver that makes calls takes single-shot ops")
            }
        }
    }

    /// Reads into the op's buffer. A pool's buffer goes back when there was nothing to read.
    pub(crate) fn fill(
        &mut self,
        into: &mut Fill,
        mut read: impl FnMut(&mut Vec<u8>) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<Value> {
        match into {
            Fill::Own(buffer) if buffer.len() == buffer.capacity() => Err(Errno::INVAL),
            Fill::Own(buffer) => self.call(|| read(buffer)).map(Value::Count),
            Fill::Lease(lease) => self.call(|| read(lease.buffer_mut())).map(Value::Count),
            Fill::Pool => {
                let mut lease = self.pool.lease();
                let count = self.call(|| read(lease.buffer_mut()))?;
                *into = Fill::Lease(lease);
                Ok(Value::Count(count))
            }
        }
    }

    fn open(&mut self, path: &CStr, mode: OpenMode) -> rustix::io::Result<OwnedFd> {
        let flags = open_flags(mode);
        self.call(|| rustix::fs::openat(CWD, path, flags, CREATED))
    }

    fn stat(&mut self, path: &CStr) -> rustix::io::Result<Stat> {
        let wanted = StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::SIZE;
        let found = self.call(|| rustix::fs::statx(CWD, path, AtFlags::empty(), wanted))?;
        Ok(stat_from(u32::from(found.stx_mode), found.stx_size))
    }

    fn read_file(&mut self, path: &CStr, into: &mut Fill) -> rustix::io::Result<usize> {
        self.read_file_by(
            into,
            || rustix::fs::openat(CWD, path, open_flags(OpenMode::Read), CREATED),
            |file, buffer, _| rustix::io::read(file, spare_capacity(buffer)),
        )
    }

    /// Opens a file, reads it to its end and closes it, by the calls given; `read` is told the
    /// offset that it is at. On an error the buffer is as it was.
    pub(crate) fn read_file_by(
        &mut self,
        into: &mut Fill,
        open: impl Fn() -> rustix::io::Result<OwnedFd>,
        read: impl Fn(&OwnedFd, &mut Vec<u8>, u64) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<usize> {
        let file = self.call(open)?;
        if let Fill::Pool = into {
            *into = Fill::Lease(self.pool.lease());
        }
        let buffer = match into {
            Fill::Own(buffer) => buffer,
            Fill::Lease(lease) => lease.buffer_mut(),
            Fill::Pool => unreachable!("replaced by a lease above"),
        };
        let before = buffer.len();
        let count = self.read_to_end(buffer, |buffer, offset| read(&file, buffer, offset));
        if count.is_err() {
            buffer.truncate(before);
        }
        self.counters.syscalls += 1;
        drop(file);
        count
    }

    fn read_to_end(
        &mut self,
        buffer: &mut Vec<u8>,
        read: impl Fn(&mut Vec<u8>, u64) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<usize> {
        let before = buffer.len();
        loop {
            if buffer.len() == buffer.capacity() {
                // Doubling keeps the number of reads logarithmic in the file's length.
                buffer.reserve(buffer.len().max(16 << 10));
            }
            let offset = (buffer.len() - before) as u64;
            if self.call(|| read(buffer, offset))? == 0 {
                return Ok(buffer.len() - before);
            }
        }
    }

    fn write_file(&mut self, path: &CStr, data: &[u8]) -> rustix::io::Result<usize> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = self.call(|| rustix::fs::openat(CWD, path, flags, CREATED))?;
        let mut written = 0;
        let result = loop {
            if written == data.len() {
                break Ok(written);
            }
            match self.call(|| rustix::io::write(&file, &data[written..])) {
                Ok(0) => break Err(Errno::IO),
                Ok(count) => written += count,
                Err(error) => break Err(error),
            }
        };
        self.counters.syscalls += 1;
        drop(file);
        result
    }

    /// Receives a datagram. `MSG_TRUNC` makes the kernel tell its whole length, and would make
    /// it throw away the bytes of a TCP stream.
    fn receive_from(&mut self, handle: &Handle, into: &mut Fill) -> rustix::io::Result<Value> {
        if !handle.carries_datagrams() {
            return Err(Errno::OPNOTSUPP);
        }
        let (mut len, mut sender) = (0, None);
        let filled = self.fill(into, |buffer| {
            let room = spare_capacity(buffer);
            let (count, whole, from) = rustix::net::recvfrom(handle, room, RecvFlags::TRUNC)?;
            (len, sender) = (whole, from);
            Ok(count)
        })?;
        let Value::Count(count) = filled else { unreachable!("`fill` counts") };
        let sender = Address::from_any(sender)?;
        Ok(Value::Datagram(Box::new(Datagram { count, len, sender })))
    }

    fn socket(&mut self, family: SocketFamily, kind: SocketKind) -> rustix::io::Result<Handle> {
        let flags = self.mode.flags();
        let family = match family {
            SocketFamily::Ipv4 => AddressFamily::INET,
            SocketFamily::Ipv6 => AddressFamily::INET6,
            SocketFamily::Unix => AddressFamily::UNIX,
        };
        let carried = match kind {
            SocketKind::Stream => SocketType::STREAM,
            SocketKind::Datagram => SocketType::DGRAM,
        };
        let socket = self.call(|| rustix::net::socket_with(family, carried, flags, None))?;
        Ok(Handle::carrying(kind, socket))
    }

    fn bind(
        &mut self,
        handle: &Handle,
        address: &Address,
        share: BindShare,
    ) -> rustix::io::Result<()> {
        use rustix::net::sockopt::{set_socket_reuseaddr, set_socket_reuseport};
        let given = address.to_any()?;
        let is_inet = address.inet().is_some();
        // For streams this lets a server start again while old connections linger. Of datagrams
        // it would take another socket's.
        if is_inet && !handle.carries_datagrams() {
            self.call(|| set_socket_reuseaddr(handle, true))?;
        }
        match share {
            BindShare::Alone => {}
            BindShare::WithOthers if is_inet => {
                self.call(|| set_socket_reuseport(handle, true))?;
            }
            // Linux before 6.13 took the option and did nothing with it.
            BindShare::WithOthers => return Err(Errno::OPNOTSUPP),
        }
        self.call(|| rustix::net::bind(handle, &given))
    }

    fn accept(&mut self, handle: &Handle) -> rustix::io::Result<Value> {
        let flags = self.mode.flags();
        let (accepted, peer) = self.call(|| rustix::net::acceptfrom_with(handle, flags))?;
        Ok(Value::Accepted(handle.accepted(accepted), Address::from_any(peer)?))
    }

    /// Connects. On a non-blocking socket the same call is made again when the socket is
    /// writable: Linux then answers with the outcome.
    fn connect(&mut self, handle: &Handle, address: &Address) -> rustix::io::Result<()> {
        let address = address.to_any()?;
        self.counters.syscalls += 1;
        match rustix::net::connect(handle, &address) {
            Err(Errno::INTR) => self.connect_after_signal(handle, &address),
            Err(refusal @ (Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY)) => {
                self.counters.would_block += 1;
                Err(refusal)
            }
            other => other,
        }
    }

    /// A blocking connect that a signal interrupted goes on without us, and would answer a
    /// second call with `EALREADY`: wait for it first.
    fn connect_after_signal(
        &mut self,
        handle: &Handle,
        address: &SocketAddrAny,
    ) -> rustix::io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        if self.mode == SocketMode::Blocking {
            self.call(|| poll(&mut [PollFd::new(handle, PollFlags::OUT)], None))?;
        }
        self.call(|| rustix::net::connect(handle, address))
    }

    fn sleep(&mut self, duration: Duration, deadline: Option<Instant>) -> rustix::io::Result<()> {
        let now = Instant::now();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
        let (length, result) = match left {
            Some(left) if left < duration => (left, Err(Errno::TIMEDOUT)),
            _ => (duration, Ok(())),
        };
        self.counters.syscalls += 1;
        match &self.interruption {
            Some(interruption) => interruption.sleep(length),
            None => std::thread::sleep(length),
        }
        result
    }

    fn close(&mut self, token: Token, handle: Handle) -> Completion {
        // close(2)'s error comes after the descriptor is gone and says nothing that fsync(2)
        // does not say better, so that dropping, which ignores it, loses nothing.
        if let Some(descriptor) = handle.into_descriptor() {
            self.counters.syscalls += 1;
            drop(descriptor);
        }
        Completion { token, result: Ok(Value::Done), returned: Returned::default(), more: false }
    }
}

/// The mode of a file that is made, less the umask.
pub(crate) const CREATED: Mode = Mode::from_raw_mode(0o666);

/// The address that a datagram goes to, as the kernel takes it. TCP would send to whom it is
/// connected to, whatever the address.
pub(crate) fn to_somebody(handle: &Handle, address: &Address) -> rustix::io::Result<SocketAddrAny> {
    if handle.carries_datagrams() { address.to_any() } else { Err(Errno::OPNOTSUPP) }
}

fn done(_: ()) -> Value {
    Value::Done
}

/// The flags of `openat(2)` for a mode.
pub(crate) fn open_flags(mode: OpenMode) -> OFlags {
    OFlags::CLOEXEC
        | match mode {
            OpenMode::Read => OFlags::RDONLY,
            OpenMode::Write => OFlags::WRONLY,
            OpenMode::ReadWrite => OFlags::RDWR,
            OpenMode::Create => OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC,
            OpenMode::CreateNew => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
            OpenMode::Append => OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND,
        }
}

/// A stat from `statx(2)`'s mode and size.
pub(crate) fn stat_from(mode: u32, len: u64) -> Stat {
    let kind = match FileType::from_raw_mode(mode) {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        _ => FileKind::Other,
    };
    Stat { len, kind, permissions: mode & 0o7777 }
}
