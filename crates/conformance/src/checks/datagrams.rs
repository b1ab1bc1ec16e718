//! Datagrams: each arrives by itself, whole or cut with a word, and with its sender.

use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::{Address, Fill, Handle, Op, SocketFamily, SocketKind};

use crate::expect;
use crate::stage::Stage;

/// By UDP, and between Unix sockets.
const FAMILIES: [SocketFamily; 2] = [SocketFamily::Ipv4, SocketFamily::Unix];

/// A socket of its own address.
fn mailbox(stage: &mut Stage, family: SocketFamily, name: &str) -> (Handle, Address) {
    stage.bound_as(family, SocketKind::Datagram, name)
}

fn receive_from(handle: &Handle, into: Fill) -> Op {
    Op::RecvFrom { handle: handle.clone(), into }
}

fn own() -> Fill {
    Fill::Own(Vec::with_capacity(2000))
}

fn connect(stage: &mut Stage, handle: &Handle, address: &Address) {
    let connect = Op::Connect { handle: handle.clone(), address: address.clone() };
    expect::done(&stage.run(connect));
}

fn send(stage: &mut Stage, handle: &Handle, data: &'static [u8]) {
    let send = Op::Send { handle: handle.clone(), data: data.into() };
    assert_eq!(expect::count(&stage.run(send)), data.len());
}

/// Who receives can answer.
pub(super) fn round_trip(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, near_address) = mailbox(stage, family, "near");
        let (far, far_address) = mailbox(stage, family, "far");
        stage.send_to(&near, b"question", &far_address);
        let (heard, sender) = stage.receive_from(&far);
        assert_eq!((&*heard, &sender), (&b"question"[..], &near_address));
        stage.send_to(&far, b"answer", &sender);
        assert_eq!(stage.receive_from(&near), (b"answer".to_vec(), far_address.clone()));

        let stranger = stage.socket_of(family, SocketKind::Datagram);
        stage.send_to(&stranger, b"hello", &far_address);
        let (_, sender) = stage.receive_from(&far);
        match sender.inet() {
            Some(sender) => assert_ne!(sender.port(), 0, "sending gave it an address"),
            None => assert_eq!(sender, Address::Unnamed),
        }
    }
}

/// What was sent in pieces arrives in the same pieces.
pub(super) fn boundaries(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, _) = mailbox(stage, family, "near");
        let (far, address) = mailbox(stage, family, "far");
        let texts: Vec<Vec<u8>> =
            [1, 1400, 3, 700, 2].iter().map(|len| vec![*len as u8; *len]).collect();
        for text in &texts {
            stage.send_to(&near, text, &address);
        }
        for (index, text) in texts.iter().enumerate() {
            let into = if index % 2 == 0 { own() } else { Fill::Pool };
            let completion = stage.run(receive_from(&far, into));
            let datagram = expect::datagram(&completion);
            assert_eq!((datagram.count, datagram.len), (text.len(), text.len()));
            assert_eq!(*expect::buffer(completion), text[..]);
        }
    }
}

/// Of one that is longer than the room the rest is lost, and who asks is told.
pub(super) fn cut(stage: &mut Stage) {
    let longer_than_pooled = vec![7; stage.pool().buffer_bytes() + 100];
    for family in FAMILIES {
        let (near, _) = mailbox(stage, family, "near");
        let (far, address) = mailbox(stage, family, "far");
        stage.send_to(&near, b"0123456789", &address);
        stage.send_to(&near, b"abcdefghij", &address);
        stage.send_to(&near, &longer_than_pooled, &address);
        stage.send_to(&near, b"next", &address);

        let mut begun = Vec::with_capacity(6);
        begun.extend_from_slice(b"> ");
        let completion = stage.run(receive_from(&far, Fill::Own(begun)));
        let datagram = expect::datagram(&completion);
        assert_eq!((datagram.count, datagram.len), (4, 10));
        assert_eq!(*expect::buffer(completion), *b"> 0123");

        let into = Fill::Own(Vec::with_capacity(4));
        let completion = stage.run(Op::Recv { handle: far.clone(), into });
        assert_eq!(expect::count(&completion), 4);
        assert_eq!(*expect::buffer(completion), *b"abcd");

        let completion = stage.run(receive_from(&far, Fill::Pool));
        let datagram = expect::datagram(&completion);
        assert_eq!(datagram.len, longer_than_pooled.len());
        assert!(0 < datagram.count && datagram.count < datagram.len, "{datagram:?}");
        assert_eq!(*expect::buffer(completion), longer_than_pooled[..datagram.count]);
        assert_eq!(stage.receive_from(&far).0, b"next");
    }
}

/// One of no bytes is a datagram, not the end of anything.
pub(super) fn empty(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, near_address) = mailbox(stage, family, "near");
        let (far, address) = mailbox(stage, family, "far");
        for _ in 0..4 {
            stage.send_to(&near, b"", &address);
        }
        stage.send_to(&near, b"more", &address);
        for into in [own(), Fill::Pool] {
            let datagram = expect::datagram(&stage.run(receive_from(&far, into)));
            assert_eq!((datagram.count, datagram.len), (0, 0));
            assert_eq!(datagram.sender, near_address);
        }
        for into in [own(), Fill::Pool] {
            let completion = stage.run(Op::Recv { handle: far.clone(), into });
            assert_eq!(expect::count(&completion), 0);
        }
        assert_eq!(stage.receive_from(&far).0, b"more");
    }
}

fn in_order(stage: &mut Stage, starts_first: bool) {
    for family in FAMILIES {
        let (near, _) = mailbox(stage, family, &format!("near-{starts_first}"));
        let (far, address) = mailbox(stage, family, &format!("far-{starts_first}"));
        let receive = |stage: &mut Stage| {
            [own(), Fill::Pool, own(), Fill::Pool].map(|into| stage.start(receive_from(&far, into)))
        };
        let send = |stage: &mut Stage| {
            for text in [b"a", b"b", b"c", b"d"] {
                stage.send_to(&near, text, &address);
            }
        };
        let tokens = if starts_first {
            let tokens = receive(stage);
            stage.look();
            send(stage);
            tokens
        } else {
            send(stage);
            receive(stage)
        };
        let heard = tokens.map(|token| expect::buffer(stage.finish(token)).to_vec());
        assert_eq!(heard.concat(), b"abcd");
    }
}

/// Receives that wait get what comes in the order of their submission.
pub(super) fn order(stage: &mut Stage) {
    in_order(stage, true);
    in_order(stage, false);
}

/// Without overlap a receive that waits would hold up the sends.
pub(super) fn order_in_turn(stage: &mut Stage) {
    in_order(stage, false);
}

/// One that is connected needs no address to send, and hears nobody else.
pub(super) fn connected(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, near_address) = mailbox(stage, family, "near");
        let (far, far_address) = mailbox(stage, family, "far");
        let (stranger, _) = mailbox(stage, family, "stranger");
        connect(stage, &near, &far_address);
        send(stage, &near, b"question");
        assert_eq!(stage.receive_from(&far), (b"question".to_vec(), near_address.clone()));
        connect(stage, &far, &near_address);

        let data = Bytes::from_static(b"do you hear me?").into();
        let address = Box::new(near_address);
        let unheard = stage.run(Op::SendTo { handle: stranger, data, address });
        match family {
            SocketFamily::Unix => assert_eq!(expect::errno(&unheard), Errno::PERM),
            _ => assert_eq!(expect::count(&unheard), 15, "it is lost without a word"),
        }
        send(stage, &far, b"answer");
        let completion = stage.run(Op::Recv { handle: near, into: own() });
        assert_eq!(*expect::buffer(completion), *b"answer");
    }
}

/// What cannot be sent or received, and what is no datagram's business.
pub(super) fn errors(stage: &mut Stage) {
    let (udp, address) = mailbox(stage, SocketFamily::Ipv4, "");
    let data = Bytes::from(vec![0; 70_000]);
    let to = Box::new(address.clone());
    let long = stage.run(Op::SendTo { handle: udp.clone(), data: data.into(), address: to });
    assert_eq!(expect::errno(&long), Errno::MSGSIZE);

    let word = || Bytes::from_static(b"x").into();
    for (family, error) in FAMILIES.into_iter().zip([Errno::DESTADDRREQ, Errno::NOTCONN]) {
        let handle = stage.socket_of(family, SocketKind::Datagram);
        let unaddressed = stage.run(Op::Send { handle: handle.clone(), data: word() });
        assert_eq!(expect::errno(&unaddressed), error);
        let accept = stage.run(Op::Accept { handle: handle.clone() });
        assert_eq!(expect::errno(&accept), Errno::OPNOTSUPP);
        let listen = stage.run(Op::Listen { handle: handle.clone(), backlog: 1 });
        assert_eq!(expect::errno(&listen), Errno::OPNOTSUPP);
        let full = stage.run(receive_from(&handle, Fill::Own(Vec::new())));
        assert_eq!(expect::errno(&full), Errno::INVAL);
    }

    let stream = stage.socket();
    let receive = stage.run(receive_from(&stream, Fill::Pool));
    assert_eq!(expect::errno(&receive), Errno::OPNOTSUPP, "a stream has no datagrams");
    let to = Box::new(address);
    let send = stage.run(Op::SendTo { handle: stream, data: word(), address: to });
    assert_eq!(expect::errno(&send), Errno::OPNOTSUPP, "a stream has no datagrams");
}

/// Where nobody is: a connected UDP socket learns it later, a Unix socket at once.
pub(super) fn nobody_there(stage: &mut Stage) {
    let (gone, address) = mailbox(stage, SocketFamily::Ipv4, "");
    let near = stage.socket_of(SocketFamily::Ipv4, SocketKind::Datagram);
    connect(stage, &near, &address);
    expect::done(&stage.run(Op::Close { handle: gone }));
    send(stage, &near, b"hello?");
    let refused = stage.run(Op::Recv { handle: near.clone(), into: own() });
    assert_eq!(expect::errno(&refused), Errno::CONNREFUSED);

    let (gone, address) = mailbox(stage, SocketFamily::Unix, "gone");
    let near = stage.socket_of(SocketFamily::Unix, SocketKind::Datagram);
    connect(stage, &near, &address);
    expect::done(&stage.run(Op::Close { handle: gone }));
    let data = Bytes::from_static(b"x");
    for error in [Errno::CONNREFUSED, Errno::NOTCONN] {
        let send = stage.run(Op::Send { handle: near.clone(), data: data.clone().into() });
        assert_eq!(expect::errno(&send), error);
    }
    let missing = stage.socket_path("missing");
    for (address, error) in [(address, Errno::CONNREFUSED), (missing, Errno::NOENT)] {
        let (data, address) = (data.clone().into(), Box::new(address));
        let send = stage.run(Op::SendTo { handle: near.clone(), data, address });
        assert_eq!(expect::errno(&send), error);
    }
}

/// A receive that is cancelled or late takes nothing with it.
pub(super) fn cancelled(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, _) = mailbox(stage, family, "near");
        let (far, address) = mailbox(stage, family, "far");
        let tokens = [own(), Fill::Pool].map(|into| stage.start(receive_from(&far, into)));
        for _ in 0..3 {
            // Something else completes, so that these have surely started.
            expect::done(&stage.run(Op::Sleep { duration: Duration::from_millis(2) }));
        }
        for token in tokens {
            stage.cancel(token);
            assert_eq!(expect::errno(&stage.finish(token)), Errno::CANCELED);
        }
        stage.send_to(&near, b"kept", &address);
        assert_eq!(stage.receive_from(&far).0, b"kept");
    }
    late(stage);
}

/// A receive whose deadline passes takes nothing with it.
pub(super) fn late(stage: &mut Stage) {
    for family in FAMILIES {
        let (near, _) = mailbox(stage, family, "late-near");
        let (far, address) = mailbox(stage, family, "late-far");
        for into in [own(), Fill::Pool] {
            let token = stage.start_within(Duration::from_millis(20), receive_from(&far, into));
            assert_eq!(expect::errno(&stage.finish(token)), Errno::TIMEDOUT);
        }
        stage.send_to(&near, b"kept", &address);
        assert_eq!(stage.receive_from(&far).0, b"kept");
    }
}
