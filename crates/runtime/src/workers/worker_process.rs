//! One worker process, seen from its parent.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::RecvFlags;
use serde::Serialize;

use super::Travel;
use super::channel::{Assembler, send, send_descriptor};
use super::entry::WORKER_NAME;
use super::message::{FromWorker, Introduction};

/// Bytes read from a worker at a time.
const PIECE_BYTES: usize = 64 << 10;

/// A worker process and the flows that it has. Dropping it ends the process.
pub(crate) struct WorkerProcess {
    child: Child,
    channel: UnixStream,
    assembler: Assembler,
    piece: Vec<u8>,
    /// Flows sent to it whose results have not come.
    pub(crate) outstanding: BTreeSet<u32>,
    pub(crate) stage: Stage,
}

/// How far a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Started, not ready.
    Starting,
    /// Takes jobs.
    Working,
    /// Was told that no more will come.
    Finishing,
    /// Has reported, or died when all was done.
    Ended,
}

impl WorkerProcess {
    /// Executes this program again as a worker.
    pub(crate) fn start(introduction: &Introduction) -> io::Result<Self> {
        let (channel, theirs) = UnixStream::pair()?;
        let child = Command::new("/proc/self/exe")
            .arg0(WORKER_NAME)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        let worker = Self {
            child,
            channel,
            assembler: Assembler::default(),
            piece: Vec::with_capacity(PIECE_BYTES),
            outstanding: BTreeSet::new(),
            stage: Stage::Starting,
        };
        worker.send(introduction)?;
        Ok(worker)
    }

    /// Sends a message. A worker that died shows when it is read from, not here.
    pub(crate) fn send(&self, message: &impl Serialize) -> io::Result<()> {
        match send(&self.channel, message) {
            Err(error) if is_death(&error) => Ok(()),
            sent => sent,
        }
    }

    /// Gives the worker a descriptor; it takes it when it has been introduced.
    pub(crate) fn give(&self, descriptor: impl AsFd) -> io::Result<()> {
        match send_descriptor(&self.channel, descriptor) {
            Err(error) if is_death(&error) => Ok(()),
            sent => sent,
        }
    }

    /// Reads what has arrived, without waiting; `Dead` when the worker's end is closed.
    pub(crate) fn read(&mut self) -> io::Result<Life> {
        loop {
            self.piece.clear();
            let room = spare_capacity(&mut self.piece);
            match rustix::net::recv(&self.channel, room, RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Ok(Life::Dead),
                Ok(_) => self.assembler.push(&self.piece),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Life::Alive),
                Err(error) if is_death(&error.into()) => return Ok(Life::Dead),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next message that has arrived whole.
    pub(crate) fn next_message<R: Travel>(&mut self) -> io::Result<Option<FromWorker<R>>> {
        self.assembler.next()
    }

    /// Waits for the process's end and tells how it ended.
    pub(crate) fn describe_end(&mut self) -> String {
        match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => format!("unknown: {error}"),
        }
    }
}

impl AsFd for WorkerProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if self.stage != Stage::Ended {
            // It may be dead already, which is as good.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Whether a worker's end of the channel is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    Dead,
}

fn is_death(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}
