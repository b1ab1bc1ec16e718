//! The message header by which a datagram travels with an address: `sendmsg(2)`, `recvmsg(2)`.
//!
//! Left out on purpose: control messages, and more than one piece of bytes.

#![expect(unsafe_code, reason = "lays out a header whose pointers the kernel follows")]

use std::mem::{MaybeUninit, offset_of};

use rustix::net::SocketAddrAny;
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrStorage};

use super::stable::Stable;
use crate::Address;

/// Room for an address of any family.
const NAME_ROOM: SocketAddrLen = size_of::<SocketAddrStorage>() as SocketAddrLen;

/// A header and what it points to, but for the bytes of the datagram, which the op has.
#[derive(Debug)]
pub(super) struct Message {
    header: libc::msghdr,
    bytes: libc::iovec,
    name: MaybeUninit<SocketAddrStorage>,
}

impl Message {
    /// A header for a datagram to `address`.
    pub(super) fn to_send(data: &[u8], address: &SocketAddrAny) -> Stable<Self> {
        let mut name = MaybeUninit::uninit();
        // SAFETY: there is room for an address of any family.
        let name_len = unsafe { address.write_sockaddr(name.as_mut_ptr()) };
        let bytes = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
        Self::lay_out(name, name_len, bytes)
    }

    /// A header for a datagram that goes where `room` is.
    pub(super) fn to_receive(room: *mut u8, len: u32) -> Stable<Self> {
        let bytes = libc::iovec { iov_base: room.cast(), iov_len: len as usize };
        Self::lay_out(MaybeUninit::uninit(), NAME_ROOM, bytes)
    }

    fn lay_out(
        name: MaybeUninit<SocketAddrStorage>,
        name_len: SocketAddrLen,
        bytes: libc::iovec,
    ) -> Stable<Self> {
        // SAFETY: all zeros are a header that points to nothing.
        let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        let message = Stable::new(Self { header, bytes, name });
        let at = message.as_ptr();
        header.msg_name = at.wrapping_byte_add(offset_of!(Self, name)).cast();
        header.msg_namelen = name_len;
        header.msg_iov = at.wrapping_byte_add(offset_of!(Self, bytes)).cast();
        header.msg_iovlen = 1;
        // SAFETY: it is the header's place in an allocation that is ours alone as yet.
        unsafe { Self::header(&message).write(header) };
        message
    }

    /// The header, for the kernel.
    pub(super) fn header(message: &Stable<Self>) -> *mut libc::msghdr {
        message.as_ptr().wrapping_byte_add(offset_of!(Self, header)).cast()
    }

    /// Who sent the datagram that was received.
    pub(super) fn sender(&self) -> rustix::io::Result<Address> {
        let len = self.header.msg_namelen;
        let written = len > 0 && len <= NAME_ROOM;
        // SAFETY: the kernel wrote `len` bytes of an address into the name.
        Address::from_any(written.then(|| unsafe { SocketAddrAny::new(self.name, len) }))
    }
}
