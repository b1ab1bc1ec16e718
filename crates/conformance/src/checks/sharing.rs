//! Several sockets at one address, and one that wants it alone.

use std::net::{Ipv4Addr, SocketAddr};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use whywait_driver::{Address, BindShare, Completion, Fill, Handle, Op, SocketFamily, SocketKind};

use crate::expect;
use crate::stage::Stage;

fn bind(stage: &mut Stage, kind: SocketKind, address: &Address, share: BindShare) -> Completion {
    let handle = stage.socket_of(SocketFamily::Ipv4, kind);
    stage.run(Op::Bind { handle, address: address.clone(), share })
}

/// Two sockets that share a port, and the port.
fn two(stage: &mut Stage, kind: SocketKind) -> ([Handle; 2], Address) {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into();
    let bound = |stage: &mut Stage, address: &Address| {
        let completion = bind(stage, kind, address, BindShare::WithOthers);
        expect::done(&completion);
        let handle = completion.returned.handle.expect("a bind gives its handle back");
        if kind == SocketKind::Stream {
            expect::done(&stage.run(Op::Listen { handle: handle.clone(), backlog: 64 }));
        }
        handle
    };
    let first = bound(stage, &any);
    let address = stage.local_address(&first);
    let second = bound(stage, &address);
    assert_eq!(stage.local_address(&second), address);
    for share in [BindShare::Alone, BindShare::WithOthers] {
        let other = bind(stage, kind, &address, share);
        match share {
            BindShare::Alone => assert_eq!(expect::errno(&other), Errno::ADDRINUSE),
            BindShare::WithOthers => expect::done(&other),
        }
        let handle = other.returned.handle.expect("a bind gives its handle back");
        expect::done(&stage.run(Op::Close { handle }));
    }
    ([first, second], address)
}

/// What comes to either of two: both wait, or whoever has something is asked.
fn of_either(stage: &mut Stage, handles: &[Handle; 2], op: impl Fn(Handle) -> Op) -> Completion {
    if !stage.limits().overlap {
        let mut watched = [0, 1].map(|index| PollFd::new(&handles[index], PollFlags::IN));
        poll(&mut watched, None).expect("descriptors can be polled");
        let index = usize::from(watched[0].revents().is_empty());
        return stage.run(op(handles[index].clone()));
    }
    let mut tokens = [0, 1].map(|index| Some(stage.start(op(handles[index].clone()))));
    let completion = loop {
        let finished = |token: &mut Option<_>| {
            let completion = stage.take_finished((*token)?)?;
            *token = None;
            Some(completion)
        };
        match tokens.iter_mut().find_map(finished) {
            Some(completion) => break completion,
            None => stage.wait(None),
        };
    };
    let left = tokens.into_iter().flatten().next().expect("one of two has ended");
    stage.cancel(left);
    assert_eq!(expect::errno(&stage.finish(left)), Errno::CANCELED);
    completion
}

/// Every connection comes to one of the listeners.
pub(super) fn listeners(stage: &mut Stage) {
    let (listeners, address) = two(stage, SocketKind::Stream);
    for number in 0..20u8 {
        let near = stage.socket();
        let connect = Op::Connect { handle: near.clone(), address: address.clone() };
        expect::done(&stage.run(connect));
        let far = expect::opened(of_either(stage, &listeners, |handle| Op::Accept { handle }));
        stage.send_all(&near, &[number]);
        assert_eq!(stage.receive(&far, 1), [number]);
    }
}

/// Every datagram comes to one of the sockets.
pub(super) fn datagrams(stage: &mut Stage) {
    let (handles, address) = two(stage, SocketKind::Datagram);
    for number in 0..20u8 {
        let near = stage.socket_of(SocketFamily::Ipv4, SocketKind::Datagram);
        stage.send_to(&near, &[number], &address);
        let receive = |handle| Op::RecvFrom { handle, into: Fill::Own(Vec::with_capacity(8)) };
        let completion = of_either(stage, &handles, receive);
        assert_eq!(*expect::buffer(completion), [number]);
    }
}

/// Two that don't share: the second is refused, for datagrams as for listeners.
pub(super) fn alone(stage: &mut Stage) {
    let (_listener, address) = stage.listen(1);
    let kind = SocketKind::Datagram;
    let (_mailbox, mailbox) = stage.bound_as(SocketFamily::Ipv4, kind, "");
    let taken = [(SocketKind::Stream, address.into()), (kind, mailbox)];
    for (kind, address) in taken {
        for share in [BindShare::Alone, BindShare::WithOthers] {
            let refused = bind(stage, kind, &address, share);
            assert_eq!(expect::errno(&refused), Errno::ADDRINUSE, "{kind:?} {share:?}");
        }
    }
}
