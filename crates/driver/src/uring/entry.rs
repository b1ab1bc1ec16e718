//! What an op asks of the kernel in one submission, and what its completion means.
//!
//! Left out on purpose: whole files (see `chain`), and ops that no kernel work answers.

#![expect(unsafe_code, reason = "takes in what the kernel wrote by the pointers of a submission")]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::ptr;

use io_uring::opcode;
use io_uring::squeue::{Entry, Flags};
use io_uring::types::Fd;
use rustix::fs::{AtFlags, CWD, Mode, Statx, StatxFlags};
use rustix::io::Errno;
use rustix::net::addr::{SocketAddrLen, SocketAddrStorage};
use rustix::net::{RecvFlags, SendFlags, SocketAddrAny, SocketFlags};

use super::message::Message;
use super::provided::GROUP;
use super::stable::Stable;
use crate::perform::{CREATED, open_flags, stat_from, to_somebody};
use crate::{Address, BufferPool, Datagram, Fill, Handle, Lease, Op, Value};

/// At the file's position: what `read(2)` does.
pub(super) const AT_POSITION: u64 = u64::MAX;

/// Most bytes of one transfer, as in `read(2)`.
pub(super) const MAX_TRANSFER: usize = 0x7fff_f000;

/// Memory besides the op's own that the kernel works with until the completion.
#[derive(Debug, Default)]
pub(super) enum Held {
    /// None.
    #[default]
    Nothing,
    /// Where the kernel writes who connected.
    Peer(Stable<Peer>),
    /// Whom to connect to.
    #[expect(dead_code, reason = "the kernel reads it")]
    Address(Stable<SocketAddrAny>),
    /// Where the kernel writes what a file is.
    Stat(Stable<MaybeUninit<Statx>>),
    /// The op asked for one of the provided buffers.
    Selection,
    /// A datagram's header.
    Message(Stable<Message>),
}

/// An address that the kernel writes.
#[derive(Debug)]
pub(super) struct Peer {
    storage: MaybeUninit<SocketAddrStorage>,
    len: SocketAddrLen,
}

/// Whether the kernel can pick a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Select {
    /// A ring of provided buffers is there.
    FromRing,
    /// Every op brings its buffer.
    Never,
}

/// Whether one submission can give several completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shots {
    /// The kernel goes on by itself: accepts from Linux 5.19 on, receives from 6.0 on.
    Many,
    /// It does not.
    One,
}

/// The submission for `op`, and the memory to hold until its completion.
///
/// # Errors
/// `EINVAL` for a buffer without room, and for an offset that no file has but by which the ring
/// would mean the file's position.
pub(super) fn build(
    op: &mut Op,
    pool: &BufferPool,
    select: Select,
) -> Result<(Entry, Held), Errno> {
    let entry = match op {
        Op::ReadAt { offset: AT_POSITION, .. } | Op::WriteAt { offset: AT_POSITION, .. } => {
            return Err(Errno::INVAL);
        }
        Op::Read { .. } | Op::ReadAt { .. } | Op::Recv { .. } => {
            return build_input(op, pool, select);
        }
        Op::RecvFrom { handle, into } => return build_receive_from(handle, into, pool),
        Op::RecvMany { handle } => {
            return Ok((opcode::RecvMulti::new(fd(handle), GROUP).build(), Held::Selection));
        }
        Op::AcceptMany { handle } => {
            opcode::AcceptMulti::new(fd(handle)).flags(SocketFlags::CLOEXEC.bits() as i32).build()
        }
        Op::SendTo { handle, data, address } => return build_send_to(handle, data, address),
        Op::Stat { path } => return Ok(build_stat(path)),
        Op::Accept { handle } => return Ok(build_accept(handle)),
        Op::Connect { handle, address } => return build_connect(handle, address),
        Op::Open { path, mode } => opcode::OpenAt::new(Fd(CWD.as_raw_fd()), path.as_ptr())
            .flags(open_flags(*mode).bits() as i32)
            .mode(CREATED.bits())
            .build(),
        Op::Write { handle, data } => {
            opcode::Write::new(fd(handle), data.as_ptr(), transfer(data.len()))
                .offset(AT_POSITION)
                .build()
        }
        Op::WriteAt { handle, data, offset } => {
            opcode::Write::new(fd(handle), data.as_ptr(), transfer(data.len()))
                .offset(*offset)
                .build()
        }
        Op::Send { handle, data } => {
            opcode::Send::new(fd(handle), data.as_ptr(), transfer(data.len()))
                .flags(flags_to_send(handle).bits() as i32)
                .build()
        }
        Op::Fsync { handle } => opcode::Fsync::new(fd(handle)).build(),
        Op::Mkdir { path } => opcode::MkDirAt::new(Fd(CWD.as_raw_fd()), path.as_ptr())
            .mode((Mode::RWXU | Mode::RWXG | Mode::RWXO).bits())
            .build(),
        Op::Unlink { path } => opcode::UnlinkAt::new(Fd(CWD.as_raw_fd()), path.as_ptr()).build(),
        Op::Close { handle } => opcode::Close::new(fd(handle)).build(),
        Op::ReadFile { .. }
        | Op::WriteFile { .. }
        | Op::Socket { .. }
        | Op::Bind { .. }
        | Op::Listen { .. }
        | Op::Shutdown { .. }
        | Op::Sleep { .. } => unreachable!("{} is not one submission", op.name()),
    };
    Ok((entry, Held::Nothing))
}

/// The submission for an op that reads: into a buffer of its own, or into one that the kernel
/// picks when there is something to read.
fn build_input(op: &mut Op, pool: &BufferPool, select: Select) -> Result<(Entry, Held), Errno> {
    // The kernel cuts off what of a datagram does not fit in the rest of a slab.
    let is_stream = op.handle().is_some_and(|handle| !handle.carries_datagrams());
    let picks = is_stream && select == Select::FromRing;
    let picks = |into: &Fill| matches!(into, Fill::Pool) && picks;
    let entry = match op {
        Op::Read { handle, into } if picks(into) => {
            let read = opcode::Read::new(fd(handle), ptr::null_mut(), 0).offset(AT_POSITION);
            return Ok((picking(read.buf_group(GROUP).build()), Held::Selection));
        }
        Op::Recv { handle, into } if picks(into) => {
            let recv = opcode::Recv::new(fd(handle), ptr::null_mut(), 0);
            return Ok((picking(recv.buf_group(GROUP).build()), Held::Selection));
        }
        Op::Read { handle, into } => {
            let (buffer, len) = room(into, pool)?;
            opcode::Read::new(fd(handle), buffer, len).offset(AT_POSITION).build()
        }
        Op::ReadAt { handle, into, offset } => {
            let (buffer, len) = room(into, pool)?;
            opcode::Read::new(fd(handle), buffer, len).offset(*offset).build()
        }
        Op::Recv { handle, into } => {
            let (buffer, len) = room(into, pool)?;
            opcode::Recv::new(fd(handle), buffer, len).build()
        }
        _ => unreachable!("{} does not read", op.name()),
    };
    Ok((entry, Held::Nothing))
}

/// Lets the kernel pick the buffer.
fn picking(entry: Entry) -> Entry {
    entry.flags(Flags::BUFFER_SELECT)
}

fn build_stat(path: &CStr) -> (Entry, Held) {
    let found = Stable::new(MaybeUninit::<Statx>::uninit());
    let wanted = StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::SIZE;
    let entry = opcode::Statx::new(Fd(CWD.as_raw_fd()), path.as_ptr(), found.as_ptr().cast())
        .flags(AtFlags::empty().bits() as i32)
        .mask(wanted.bits())
        .build();
    (entry, Held::Stat(found))
}

fn build_accept(handle: &Handle) -> (Entry, Held) {
    let len = size_of::<SocketAddrStorage>() as SocketAddrLen;
    let peer = Stable::new(Peer { storage: MaybeUninit::uninit(), len });
    let at = peer.as_ptr();
    let storage = at.wrapping_byte_add(std::mem::offset_of!(Peer, storage));
    let len = at.wrapping_byte_add(std::mem::offset_of!(Peer, len));
    let entry = opcode::Accept::new(fd(handle), storage.cast(), len.cast())
        .flags(SocketFlags::CLOEXEC.bits() as i32)
        .build();
    (entry, Held::Peer(peer))
}

fn build_connect(handle: &Handle, address: &Address) -> Result<(Entry, Held), Errno> {
    let address = Stable::new(address.to_any()?);
    let (at, len) = (address.get().as_ptr(), address.get().addr_len());
    let entry = opcode::Connect::new(fd(handle), at.cast(), len).build();
    Ok((entry, Held::Address(address)))
}

/// How to send. A datagram is not left to wait in the kernel: a Unix socket takes in the bytes
/// before it looks whether there is room, and when io_uring tries again it sends what is left of
/// them, nothing (seen on Linux 6.18). So it comes back, and is submitted anew.
fn flags_to_send(handle: &Handle) -> SendFlags {
    if handle.carries_datagrams() {
        SendFlags::NOSIGNAL | SendFlags::DONTWAIT
    } else {
        SendFlags::NOSIGNAL
    }
}

/// Whether `op` sends a datagram.
pub(super) fn is_datagram_sent(op: &Op) -> bool {
    let (Op::Send { handle, .. } | Op::SendTo { handle, .. }) = op else { return false };
    handle.carries_datagrams()
}

fn build_send_to(handle: &Handle, data: &[u8], address: &Address) -> Result<(Entry, Held), Errno> {
    let message = Message::to_send(data, &to_somebody(handle, address)?);
    let entry = opcode::SendMsg::new(fd(handle), Message::header(&message))
        .flags(flags_to_send(handle).bits())
        .build();
    Ok((entry, Held::Message(message)))
}

/// The submission for a datagram with its sender, into a buffer that is there already: the kernel
/// cuts off what does not fit in the rest of a slab. `MSG_TRUNC` makes the kernel tell its whole
/// length, and would make it throw away the bytes of a TCP stream.
fn build_receive_from(
    handle: &Handle,
    into: &mut Fill,
    pool: &BufferPool,
) -> Result<(Entry, Held), Errno> {
    if !handle.carries_datagrams() {
        return Err(Errno::OPNOTSUPP);
    }
    let (buffer, len) = room(into, pool)?;
    let message = Message::to_receive(buffer, len);
    let entry = opcode::RecvMsg::new(fd(handle), Message::header(&message))
        .flags(RecvFlags::TRUNC.bits())
        .build();
    Ok((entry, Held::Message(message)))
}

/// What a successful completion of `op` with `result` gave; `picked` is the provided buffer that
/// the kernel used.
pub(super) fn value(
    op: &mut Op,
    held: &Held,
    result: u32,
    picked: Option<Lease>,
    pool: &BufferPool,
) -> io::Result<Value> {
    let count = result as usize;
    Ok(match op {
        Op::Open { .. } => Value::Opened(opened(result).into()),
        Op::Read { into, .. } | Op::Recv { into, .. } if matches!(into, Fill::Pool) => {
            // At the end of the stream the kernel needs no buffer, and an empty one costs none.
            *into = Fill::Lease(picked.unwrap_or_default());
            Value::Count(count)
        }
        Op::Read { into, .. } | Op::ReadAt { into, .. } | Op::Recv { into, .. } => {
            advance(into, count);
            Value::Count(count)
        }
        Op::RecvFrom { into, .. } => {
            let Held::Message(message) = held else {
                unreachable!("`build` holds a datagram's header")
            };
            let sender = message.get().sender()?;
            let filled = receive_datagram(into, count, pool);
            Value::Datagram(Box::new(Datagram { count: filled, len: count, sender }))
        }
        Op::Write { .. } | Op::WriteAt { .. } | Op::Send { .. } | Op::SendTo { .. } => {
            Value::Count(count)
        }
        Op::Stat { .. } => {
            let Held::Stat(found) = held else { unreachable!("`build` holds a stat's buffer") };
            // SAFETY: the kernel has filled in the whole structure, as it does on success.
            let found = unsafe { found.get().assume_init_ref() };
            Value::Stat(stat_from(u32::from(found.stx_mode), found.stx_size))
        }
        Op::Accept { .. } => {
            let Held::Peer(peer) = held else { unreachable!("`build` holds an accept's peer") };
            let connection = Handle::new(opened(result));
            Value::Accepted(connection, Address::from_any(peer_of(peer.get()))?)
        }
        _ => Value::Done,
    })
}

/// Puts a datagram of `len` bytes in its place; gives how many of them had room.
fn receive_datagram(into: &mut Fill, len: usize, pool: &BufferPool) -> usize {
    let vector = vector(into, pool);
    let count = len.min(vector.capacity() - vector.len());
    advance(into, count);
    count
}

/// Takes the descriptor out of a `Close` that the kernel has carried out.
pub(super) fn forget_closed(op: Op) {
    if let Op::Close { handle } = op
        && let Some(descriptor) = handle.into_descriptor()
    {
        // The number may be another file's already; dropping it would close that.
        let _ = descriptor.into_raw_fd();
    }
}

/// Where the kernel may write in `into`, and how much.
pub(super) fn room(into: &mut Fill, pool: &BufferPool) -> Result<(*mut u8, u32), Errno> {
    let spare = vector(into, pool).spare_capacity_mut();
    if spare.is_empty() {
        return Err(Errno::INVAL);
    }
    Ok((spare.as_mut_ptr().cast(), transfer(spare.len())))
}

/// The vector that an op fills, from the pool if it brought none.
pub(super) fn vector<'a>(into: &'a mut Fill, pool: &BufferPool) -> &'a mut Vec<u8> {
    if let Fill::Pool = into {
        *into = Fill::Lease(pool.lease());
    }
    match into {
        Fill::Own(vector) => vector,
        Fill::Lease(lease) => lease.buffer_mut(),
        Fill::Pool => unreachable!("replaced by a lease above"),
    }
}

/// Makes the `count` bytes that the kernel wrote at [`room`] part of the vector.
pub(super) fn advance(into: &mut Fill, count: usize) {
    let vector = match into {
        Fill::Own(vector) => vector,
        Fill::Lease(lease) => lease.buffer_mut(),
        Fill::Pool => return,
    };
    let len = vector.len() + count.min(vector.capacity() - vector.len());
    // SAFETY: the kernel wrote `count` bytes from the old end on, within the capacity.
    unsafe { vector.set_len(len) };
}

/// The descriptor that the kernel has just opened for us.
pub(super) fn opened(number: u32) -> OwnedFd {
    // SAFETY: the completion of an open or accept names a new descriptor, ours alone.
    unsafe { OwnedFd::from_raw_fd(number as i32) }
}

/// Bytes that one transfer of `len` asks for.
pub(super) fn transfer(len: usize) -> u32 {
    len.min(MAX_TRANSFER) as u32
}

fn fd(handle: &Handle) -> Fd {
    Fd(handle.as_raw_fd())
}

/// The address that the kernel wrote; none for a family that has none.
fn peer_of(peer: &Peer) -> Option<SocketAddrAny> {
    let written = peer.len > 0 && peer.len as usize <= size_of::<SocketAddrStorage>();
    // SAFETY: the kernel wrote `len` bytes of an address into the storage.
    written.then(|| unsafe { SocketAddrAny::new(peer.storage, peer.len) })
}
