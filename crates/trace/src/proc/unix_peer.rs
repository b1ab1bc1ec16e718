//! To which socket a Unix socket is connected, by `sock_diag(7)`.
//!
//! Left out on purpose: everything else that it tells.

use rustix::net::netlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};

/// The bytes of `struct nlmsghdr` and of `struct unix_diag_req`.
const HEADER_BYTES: usize = 16;
const REQUEST_BYTES: usize = HEADER_BYTES + 24;
/// The bytes of `struct unix_diag_msg`.
const MESSAGE_BYTES: usize = 16;

/// `linux/sock_diag.h`, `linux/netlink.h` and `linux/unix_diag.h`.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const AF_UNIX: u8 = 1;
const UDIAG_SHOW_PEER: u32 = 4;
const UNIX_DIAG_PEER: u16 = 2;

/// The inode of the socket to which the one of that inode is connected, in whywait's network
/// namespace; none if it is not, or the kernel does not tell.
pub(super) fn unix_peer(inode: u64) -> Option<u64> {
    let inode = u32::try_from(inode).ok()?;
    let diagnosis = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )
    .ok()?;
    send(&diagnosis, &request(inode), SendFlags::empty()).ok()?;
    let mut answer = [0; 512];
    // The kernel has answered before send(2) returns.
    let (bytes, _) = recv(&diagnosis, &mut answer, RecvFlags::DONTWAIT).ok()?;
    peer_in(answer.get(..bytes)?)
}

fn request(inode: u32) -> [u8; REQUEST_BYTES] {
    let mut request = [0; REQUEST_BYTES];
    let mut put = |at: usize, bytes: &[u8]| request[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(REQUEST_BYTES as u32).to_ne_bytes());
    put(4, &SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    put(6, &NLM_F_REQUEST.to_ne_bytes());
    put(HEADER_BYTES, &[AF_UNIX]);
    // In whichever state it is.
    put(HEADER_BYTES + 4, &u32::MAX.to_ne_bytes());
    put(HEADER_BYTES + 8, &inode.to_ne_bytes());
    put(HEADER_BYTES + 12, &UDIAG_SHOW_PEER.to_ne_bytes());
    // Whatever its cookie is.
    put(HEADER_BYTES + 16, &u64::MAX.to_ne_bytes());
    request
}

/// The peer's inode among the attributes of an answer.
fn peer_in(answer: &[u8]) -> Option<u64> {
    let short =
        |bytes: &[u8], at: usize| Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    if short(answer, 4)? != SOCK_DIAG_BY_FAMILY {
        return None;
    }
    let mut attributes = answer.get(HEADER_BYTES + MESSAGE_BYTES..)?;
    loop {
        let length = usize::from(short(attributes, 0)?);
        if short(attributes, 2)? == UNIX_DIAG_PEER {
            let peer = u32::from_ne_bytes(attributes.get(4..8)?.try_into().ok()?);
            return (peer != 0).then_some(peer.into());
        }
        // Attributes begin at multiples of four bytes; one of no length would never end.
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn two_ends_are_each_others_peers() {
        let (one, other) = UnixStream::pair().expect("a pair");
        let [one, other] = [one, other].map(|end| {
            let inode = rustix::fs::fstat(&end).expect("a socket").st_ino;
            // Both ends must be open while the kernel is asked.
            (inode, end)
        });
        assert_eq!(unix_peer(one.0), Some(other.0));
        assert_eq!(unix_peer(other.0), Some(one.0));
    }

    #[test]
    fn a_socket_that_is_not_there_has_no_peer() {
        assert_eq!(unix_peer(u64::MAX), None);
        assert_eq!(unix_peer(0), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = peer_in(&bytes);
            let mut answer = request(0).to_vec();
            answer.truncate(HEADER_BYTES + MESSAGE_BYTES);
            let _ = peer_in(&[answer, bytes].concat());
        }
    }
}
