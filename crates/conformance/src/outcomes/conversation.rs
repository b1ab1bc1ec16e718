//! Conversations over one TCP connection with a peer that follows a script.

use std::net::Shutdown;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::sample::select;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Played, Role};
use whywait_driver::{Fill, Handle, Op, Value};

use super::text::Text;
use crate::expect;
use crate::stage::Stage;

/// What the driver says when it has heard all, before the peer resets: a reset throws away what
/// the peer's kernel has not sent yet.
const HEARD: &[u8] = b"heard";

/// A conversation: who calls, what is said in turn, and how it ends.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    caller: Caller,
    turns: Vec<Turn>,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum Caller {
    Driver,
    Peer,
}

#[derive(Clone, Debug)]
enum Turn {
    DriverSays(Text),
    PeerSays(Text),
}

#[derive(Clone, Copy, Debug)]
enum End {
    /// The driver finishes sending; the peer sends a last word and closes.
    DriverFinishes,
    /// The peer finishes sending, and hears the driver out.
    PeerFinishes,
    /// The peer breaks the connection.
    PeerResets,
    /// The driver just closes.
    DriverCloses,
}

/// What the two sides have heard, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    heard: Vec<Vec<u8>>,
    /// What the calls after the last turn gave: bytes or errors.
    end: Vec<Result<Vec<u8>, Errno>>,
    peer: Played,
}

/// Conversations of up to 12 turns.
pub(super) fn conversations() -> impl Strategy<Value = Conversation> {
    let text = || Text::of_length(prop_oneof![4 => 1..200usize, 1 => 200_000..600_000usize]);
    let turn = prop_oneof![text().prop_map(Turn::DriverSays), text().prop_map(Turn::PeerSays)];
    let ends = [End::DriverFinishes, End::PeerFinishes, End::PeerResets, End::DriverCloses];
    (select(vec![Caller::Driver, Caller::Peer]), vec(turn, 0..12), select(ends.to_vec()))
        .prop_map(|(caller, turns, end)| Conversation { caller, turns, end })
}

/// Holds a conversation.
pub(super) fn run(stage: &mut Stage, conversation: &Conversation) -> Outcome {
    let acts = script(conversation);
    let (handle, peer) = match conversation.caller {
        Caller::Driver => stage.connect_to(acts),
        Caller::Peer => {
            let (listener, address) = stage.listen(4);
            let peer = stage.peer(Role::Connects(address), acts);
            (expect::opened(stage.run(Op::Accept { handle: listener })), peer)
        }
    };
    let mut heard = Vec::new();
    for turn in &conversation.turns {
        match turn {
            Turn::DriverSays(text) => stage.send_all(&handle, &text.bytes()),
            Turn::PeerSays(text) => heard.push(stage.receive(&handle, text.len())),
        }
    }
    let end = finish(stage, &handle, conversation.end);
    drop(handle);
    Outcome { heard, end, peer: stage.join(peer) }
}

/// The peer's part.
fn script(conversation: &Conversation) -> Vec<Act> {
    let turns = conversation.turns.iter().map(|turn| match turn {
        Turn::DriverSays(text) => Act::Receive(text.len()),
        Turn::PeerSays(text) => Act::Send(text.bytes()),
    });
    let end = match conversation.end {
        End::DriverFinishes => {
            vec![Act::ReceiveToEnd, Act::Send(Bytes::from_static(b"farewell"))]
        }
        End::PeerFinishes => vec![Act::Finish, Act::ReceiveToEnd],
        End::PeerResets => vec![Act::Receive(HEARD.len()), Act::Reset],
        End::DriverCloses => vec![Act::ReceiveToEnd],
    };
    turns.chain(end).collect()
}

/// The driver's part of the end.
fn finish(stage: &mut Stage, handle: &Handle, end: End) -> Vec<Result<Vec<u8>, Errno>> {
    match end {
        End::DriverFinishes => {
            let shut = stage.run(Op::Shutdown { handle: handle.clone(), how: Shutdown::Write });
            expect::done(&shut);
            let refused = send(stage, handle, b"more");
            vec![refused, Ok(stage.receive(handle, usize::MAX)), receive(stage, handle)]
        }
        End::PeerFinishes => {
            let rest = stage.receive(handle, usize::MAX);
            stage.send_all(handle, b"farewell");
            vec![Ok(rest), receive(stage, handle)]
        }
        End::PeerResets => {
            stage.send_all(handle, HEARD);
            let broken = receive(stage, handle);
            vec![broken, send(stage, handle, b"more"), receive(stage, handle)]
        }
        End::DriverCloses => Vec::new(),
    }
}

fn receive(stage: &mut Stage, handle: &Handle) -> Result<Vec<u8>, Errno> {
    let into = Fill::Own(Vec::with_capacity(64));
    let completion = stage.run(Op::Recv { handle: handle.clone(), into });
    match &completion.result {
        Ok(_) => Ok(expect::buffer(completion).to_vec()),
        Err(_) => Err(expect::errno(&completion)),
    }
}

/// Sends to one who no longer listens.
fn send(stage: &mut Stage, handle: &Handle, data: &'static [u8]) -> Result<Vec<u8>, Errno> {
    let data = Bytes::from_static(data);
    let completion = stage.run(Op::Send { handle: handle.clone(), data: data.clone().into() });
    match completion.result {
        Ok(Value::Count(count)) => Ok(data[..count].to_vec()),
        _ => Err(expect::errno(&completion)),
    }
}
