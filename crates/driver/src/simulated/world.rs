//! Everything that ops of a simulated driver can reach: files, sockets, and what handles mean.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, Result, fcntl_dupfd_cloexec};

use super::faults::Fortune;
use super::filesystem::{FileSystem, OpenFile};
use super::network::{Network, SocketId, Target};
use crate::handle::Witness;
use crate::{Address, BindShare, BufferPool, Fill, Handle, Op, OpenMode, Value};

/// The simulated kernel.
///
/// A handle owns a real descriptor, a duplicate of one that means nothing, so that a leaked
/// handle shows as a leaked descriptor; what it stands for is looked up by the handle's id.
pub(super) struct World {
    files: FileSystem,
    pub(super) network: Network,
    opened: BTreeMap<u64, Entry>,
    meaningless: OwnedFd,
}

struct Entry {
    witness: Witness,
    object: Object,
}

enum Object {
    File(OpenFile),
    Socket(SocketId),
}

impl World {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            files: FileSystem::new(),
            network: Network::new(),
            opened: BTreeMap::new(),
            meaningless: eventfd(0, EventfdFlags::CLOEXEC)?,
        })
    }

    /// Closes what no handle stands for any more; returns whether there was any.
    pub(super) fn close_abandoned(&mut self) -> bool {
        let before = self.opened.len();
        self.opened.retain(|_, entry| {
            let gone = entry.witness.handle_is_gone();
            if let (true, Object::Socket(socket)) = (gone, &entry.object) {
                self.network.close(*socket);
            }
            !gone
        });
        self.opened.len() < before
    }

    /// Carries out `op` as far as it goes now; `EAGAIN` when it has to wait for another.
    pub(super) fn attempt(
        &mut self,
        op: &mut Op,
        pool: &BufferPool,
        fortune: &mut Fortune,
    ) -> Result<Value> {
        match op {
            Op::Open { path, mode } => {
                let descriptor = self.descriptor()?;
                let file = self.files.open(path.to_bytes(), *mode)?;
                Ok(Value::Opened(self.stand_for(descriptor.into(), Object::File(file))))
            }
            Op::Read { handle, into } => {
                let file = self.file(handle)?;
                let left = file.left(None);
                fill(into, pool, fortune, left, |buffer, most| file.read(buffer, most))
            }
            Op::ReadAt { handle, into, offset } => {
                let file = self.file(handle)?;
                let left = file.left(Some(*offset));
                fill(into, pool, fortune, left, |buffer, most| file.read_at(buffer, most, *offset))
            }
            Op::Write { handle, data } => {
                let part = &data[..fortune.transfer(data.len())];
                self.file(handle)?.write(part).map(Value::Count)
            }
            Op::WriteAt { handle, data, offset } => {
                let part = &data[..fortune.transfer(data.len())];
                self.file(handle)?.write_at(part, *offset).map(Value::Count)
            }
            Op::Fsync { handle } => self.file(handle).map(|_| Value::Done),
            Op::Stat { path } => self.files.stat(path.to_bytes()).map(Value::Stat),
            Op::Mkdir { path } => self.files.mkdir(path.to_bytes()).map(done),
            Op::Unlink { path } => self.files.unlink(path.to_bytes()).map(done),
            Op::ReadFile { path, into } => self.read_file(path.to_bytes(), into, pool),
            Op::WriteFile { path, data } => {
                self.write_file(path.to_bytes(), data).map(Value::Count)
            }
            Op::Close { handle } => self.known(handle).map(|_| Value::Done),
            Op::Sleep { .. } => Ok(Value::Done),
            _ => self.attempt_on_network(op, pool, fortune),
        }
    }

    fn attempt_on_network(
        &mut self,
        op: &mut Op,
        pool: &BufferPool,
        fortune: &mut Fortune,
    ) -> Result<Value> {
        if let Op::Socket { family, kind } = op {
            let descriptor = self.descriptor()?;
            let socket = Object::Socket(self.network.socket(*family, *kind));
            return Ok(Value::Opened(self.stand_for(Handle::carrying(*kind, descriptor), socket)));
        }
        let handle = op.handle().unwrap_or_else(|| unreachable!("{} has a handle", op.name()));
        let socket = self.socket(handle)?;
        match op {
            Op::Bind { address, share, .. } => self.bind(socket, address, *share).map(done),
            Op::Listen { backlog, .. } => self.network.listen(socket, *backlog).map(done),
            Op::Connect { address, .. } => {
                let target = self.target(address)?;
                self.network.connect(socket, target).map(done)
            }
            Op::Shutdown { how, .. } => self.network.shutdown(socket, *how).map(done),
            Op::Accept { .. } => {
                let descriptor = self.descriptor()?;
                let (accepted, from) = self.network.accept(socket)?;
                let handle = self.stand_for(descriptor.into(), Object::Socket(accepted));
                Ok(Value::Accepted(handle, from))
            }
            Op::RecvFrom { into, .. } => {
                let datagram = fill_with(into, pool, |buffer, room| {
                    self.network.receive_datagram(socket, buffer, room)
                })?;
                Ok(Value::Datagram(Box::new(datagram)))
            }
            Op::Recv { handle, into } if handle.carries_datagrams() => {
                let datagram = fill_with(into, pool, |buffer, room| {
                    self.network.receive_datagram(socket, buffer, room)
                })?;
                Ok(Value::Count(datagram.count))
            }
            Op::SendTo { data, address, .. } => {
                let target = self.target(address)?;
                self.network
                    .send_datagram(socket, data, Some(target), || fortune.loses())
                    .map(Value::Count)
            }
            Op::Send { handle, data } if handle.carries_datagrams() => {
                self.network.send_datagram(socket, data, None, || fortune.loses()).map(Value::Count)
            }
            Op::Recv { into, .. } => {
                let network = &mut self.network;
                let arrived = network.received(socket);
                fill(into, pool, fortune, arrived, |buffer, most| {
                    network.receive(socket, buffer, most)
                })
            }
            Op::Send { data, .. } => {
                let part = &data[..fortune.transfer(data.len())];
                self.network.send(socket, part).map(Value::Count)
            }
            _ => unreachable!("{} works on files", op.name()),
        }
    }

    fn bind(&mut self, socket: SocketId, address: &Address, share: BindShare) -> Result<()> {
        let is_unix = address.inet().is_none();
        if share == BindShare::WithOthers && is_unix {
            return Err(Errno::OPNOTSUPP);
        }
        // What the kernel would not take is refused in the same words.
        address.to_any()?;
        self.network.may_bind(socket, address)?;
        match address {
            Address::Inet(address) => self.network.bind_inet(socket, *address, share),
            Address::Abstract(name) => self.network.bind_abstract(socket, Some(name)),
            Address::Unnamed => self.network.bind_abstract(socket, None),
            Address::Path(path) => {
                self.files.name_socket(path.as_os_str().as_bytes(), socket)?;
                self.network.bind_path(socket, address.clone());
                Ok(())
            }
        }
    }

    /// Whom an address leads to.
    fn target(&mut self, address: &Address) -> Result<Target> {
        address.to_any()?;
        match address {
            Address::Inet(address) => Ok(Target::Inet(*address)),
            Address::Path(path) => {
                self.files.socket_at(path.as_os_str().as_bytes()).map(Target::Unix)
            }
            Address::Abstract(name) => self.network.abstract_socket(name).map(Target::Unix),
            Address::Unnamed => Err(Errno::INVAL),
        }
    }

    /// Does what an op leaves behind that fails by bad luck: a whole-file write stops somewhere,
    /// a connection is broken.
    pub(super) fn mishap(&mut self, op: &Op, fortune: &mut Fortune) {
        match op {
            Op::WriteFile { path, data } => {
                let part = &data[..fortune.prefix(data.len())];
                // The op fails either way, and with the mishap's error.
                let _ = self.write_file(path.to_bytes(), part);
            }
            Op::Recv { handle, .. } | Op::Send { handle, .. } => {
                if let Ok(socket) = self.socket(handle) {
                    self.network.break_connection(socket);
                }
            }
            _ => {}
        }
    }

    /// `getsockname(2)`.
    pub(super) fn local_address(&self, handle: &Handle) -> Result<Address> {
        self.socket(handle).map(|socket| self.network.local_address(socket))
    }

    fn read_file(&mut self, path: &[u8], into: &mut Fill, pool: &BufferPool) -> Result<Value> {
        let mut file = self.files.open(path, OpenMode::Read)?;
        if let Fill::Pool = into {
            *into = Fill::Lease(pool.lease());
        }
        let buffer = match into {
            Fill::Own(buffer) => buffer,
            Fill::Lease(lease) => lease.buffer_mut(),
            Fill::Pool => unreachable!("replaced by a lease above"),
        };
        file.read(buffer, usize::MAX).map(Value::Count)
    }

    fn write_file(&mut self, path: &[u8], data: &[u8]) -> Result<usize> {
        self.files.open(path, OpenMode::Create)?.write(data)
    }

    fn descriptor(&self) -> Result<OwnedFd> {
        fcntl_dupfd_cloexec(&self.meaningless, 0)
    }

    fn stand_for(&mut self, handle: Handle, object: Object) -> Handle {
        self.opened.insert(handle.id(), Entry { witness: handle.witness(), object });
        handle
    }

    fn known(&self, handle: &Handle) -> Result<&Object> {
        self.opened.get(&handle.id()).map(|entry| &entry.object).ok_or(Errno::BADF)
    }

    fn file(&mut self, handle: &Handle) -> Result<&mut OpenFile> {
        match self.opened.get_mut(&handle.id()).map(|entry| &mut entry.object) {
            Some(Object::File(file)) => Ok(file),
            Some(Object::Socket(_)) => Err(Errno::INVAL),
            None => Err(Errno::BADF),
        }
    }

    fn socket(&self, handle: &Handle) -> Result<SocketId> {
        match self.known(handle)? {
            Object::Socket(socket) => Ok(*socket),
            Object::File(_) => Err(Errno::NOTSOCK),
        }
    }
}

/// Reads into an op's buffer, where there are `available` bytes to have.
fn fill(
    into: &mut Fill,
    pool: &BufferPool,
    fortune: &mut Fortune,
    available: usize,
    read: impl FnOnce(&mut Vec<u8>, usize) -> Result<usize>,
) -> Result<Value> {
    let count = fill_with(into, pool, |buffer, room| {
        read(buffer, fortune.transfer(room.min(available)).max(1).min(room))
    })?;
    Ok(Value::Count(count))
}

/// Lets `read` append to an op's buffer, which has so much room. A pool's buffer goes back when
/// the read came to nothing.
fn fill_with<T>(
    into: &mut Fill,
    pool: &BufferPool,
    read: impl FnOnce(&mut Vec<u8>, usize) -> Result<T>,
) -> Result<T> {
    let read_within_room = |buffer: &mut Vec<u8>| {
        let room = buffer.capacity() - buffer.len();
        read(buffer, room)
    };
    match into {
        Fill::Own(buffer) if buffer.len() == buffer.capacity() => Err(Errno::INVAL),
        Fill::Own(buffer) => read_within_room(buffer),
        Fill::Lease(lease) => read_within_room(lease.buffer_mut()),
        Fill::Pool => {
            let mut lease = pool.lease();
            let read = read_within_room(lease.buffer_mut())?;
            *into = Fill::Lease(lease);
            Ok(read)
        }
    }
}

fn done(_: ()) -> Value {
    Value::Done
}
