//! What is written is read, on files and on connections.

use std::net::{Ipv6Addr, SocketAddr, UdpSocket};

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Op, OpenMode, SocketFamily, SocketKind};

use crate::expect;
use crate::stage::Stage;

pub(super) fn file(stage: &mut Stage) {
    let text: Vec<u8> = (0..100_000u32).map(|index| (index % 251) as u8).collect();
    let handle = stage.open("file", OpenMode::Create);
    stage.transfer_all(&text, |data| Op::Write { handle: handle.clone(), data });
    let at = |into, done| Op::ReadAt { handle: handle.clone(), into, offset: done as u64 };
    assert!(stage.collect(usize::MAX, at) == text, "what is read at offsets is what was written");
    expect::done(&stage.run(Op::Close { handle }));

    let handle = stage.open("file", OpenMode::Read);
    let read = |into, _| Op::Read { handle: handle.clone(), into };
    assert!(stage.collect(usize::MAX, read) == text, "what is read is what was written");
    expect::done(&stage.run(Op::Close { handle }));
}

pub(super) fn connect(stage: &mut Stage) {
    let acts = vec![Act::Receive(5), Act::Send(Bytes::from_static(b"world")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    stage.send_all(&handle, b"hello");
    assert_eq!(stage.receive(&handle, 5), b"world");
    stage.send_all(&handle, b", again");
    expect::done(&stage.run(Op::Close { handle }));
    let played = stage.join(peer);
    assert_eq!(played.received, [b"hello, again".to_vec()]);
    assert_eq!(played.error, None);
}

/// By IPv6, streams and datagrams; where the system has none, in the kernel's words.
pub(super) fn ipv6(stage: &mut Stage) {
    let (listener, mailbox) = {
        let mut socket = |kind| stage.run(Op::Socket { family: SocketFamily::Ipv6, kind });
        (socket(SocketKind::Stream), socket(SocketKind::Datagram))
    };
    let there = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0));
    if let Err(refusal) = there {
        let refused = [listener, mailbox].map(|opened| match opened.result {
            Ok(_) => {
                let handle = expect::opened(opened);
                let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into();
                expect::errno(&stage.bind(&handle, &address))
            }
            Err(_) => expect::errno(&opened),
        });
        let words = Errno::from_io_error(&refusal).expect("it is the system's");
        return assert_eq!(refused, [words; 2]);
    }
    let (listener, address) = stage.bound_as(SocketFamily::Ipv6, SocketKind::Stream, "");
    expect::done(&stage.run(Op::Listen { handle: listener.clone(), backlog: 4 }));
    let (near, far) = stage.connect_at(&listener, &address);
    stage.send_all(&near, b"hello");
    assert_eq!(stage.receive(&far, 5), b"hello");

    let (near, near_address) = stage.bound_as(SocketFamily::Ipv6, SocketKind::Datagram, "");
    let (far, address) = stage.bound_as(SocketFamily::Ipv6, SocketKind::Datagram, "");
    stage.send_to(&near, b"hello", &address);
    assert_eq!(stage.receive_from(&far), (b"hello".to_vec(), near_address));
}

pub(super) fn accept(stage: &mut Stage) {
    let (listener, address) = stage.listen(16);
    let acts = vec![Act::Send(Bytes::from_static(b"hello")), Act::Finish, Act::ReceiveToEnd];
    let peer = stage.peer(Role::Connects(address), acts);
    let accepted = stage.run(Op::Accept { handle: listener });
    if let Ok(whywait_driver::Value::Accepted(_, from)) = &accepted.result {
        let from = from.inet().expect("it connected by TCP");
        assert!(from.ip().is_loopback() && from.port() != 0, "{from} connected");
    }
    let handle = expect::opened(accepted);
    let heard = stage.receive(&handle, usize::MAX);
    assert_eq!(heard, b"hello");
    stage.send_all(&handle, &heard);
    expect::done(&stage.run(Op::Close { handle }));
    let played = stage.join(peer);
    assert_eq!(played.received, [heard]);
    assert_eq!(played.error, None);
}
