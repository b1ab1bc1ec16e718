//! Exchanges of datagrams among a few sockets, by UDP and between Unix sockets.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use rustix::io::Errno;
use whywait_driver::{Address, Completion, Fill, Handle, Op, SocketFamily, SocketKind, Value};

use super::text::Text;
use crate::expect;
use crate::stage::Stage;

const SOCKETS: usize = 3;

/// Datagrams that wait at one socket, at most: a Unix socket's queue has room for so many.
const WAITING: usize = 10;

/// An exchange among sockets of one family.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    family: SocketFamily,
    steps: Vec<Step>,
}

/// One step; sockets are named by their place.
#[derive(Clone, Copy, Debug)]
enum Step {
    Connect { from: usize, to: usize },
    SendTo { from: usize, to: usize, text: Text },
    Send { from: usize, text: Text },
    RecvFrom { at: usize, room: usize, pool: bool },
    Recv { at: usize, room: usize },
    Close { at: usize },
}

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Sent(usize),
    /// What was received, how long it was, and whose it was.
    Received(Vec<u8>, Option<(usize, Option<usize>)>),
    Failed(Errno),
    /// There was nothing to do it with, or it would have waited.
    Idle,
}

/// Exchanges of up to 30 steps.
pub(super) fn exchanges() -> impl Strategy<Value = Exchange> {
    let socket = || 0..SOCKETS;
    let text = || Text::of_length(prop_oneof![1 => 0..1usize, 8 => 1..60usize]);
    let room = || prop_oneof![1..30usize, 100..200usize];
    let step = prop_oneof![
        1 => (socket(), socket()).prop_map(|(from, to)| Step::Connect { from, to }),
        4 => (socket(), socket(), text())
            .prop_map(|(from, to, text)| Step::SendTo { from, to, text }),
        3 => (socket(), text()).prop_map(|(from, text)| Step::Send { from, text }),
        4 => (socket(), room(), any::<bool>())
            .prop_map(|(at, room, pool)| Step::RecvFrom { at, room, pool }),
        2 => (socket(), room()).prop_map(|(at, room)| Step::Recv { at, room }),
        1 => socket().prop_map(|at| Step::Close { at }),
    ];
    (select(vec![SocketFamily::Ipv4, SocketFamily::Unix]), vec(step, 1..30))
        .prop_map(|(family, steps)| Exchange { family, steps })
}

/// Carries an exchange out.
pub(super) fn run(stage: &mut Stage, exchange: &Exchange) -> Vec<Outcome> {
    let mut players = Players::new(stage, exchange.family);
    exchange.steps.iter().map(|step| players.play(stage, *step)).collect()
}

/// The sockets, and what of their state tells whether a receive would wait.
struct Players {
    handles: [Option<Handle>; SOCKETS],
    addresses: [Address; SOCKETS],
    peers: [Option<usize>; SOCKETS],
    waiting: [usize; SOCKETS],
}

impl Players {
    fn new(stage: &mut Stage, family: SocketFamily) -> Self {
        let bound = [0, 1, 2]
            .map(|place| stage.bound_as(family, SocketKind::Datagram, &format!("socket-{place}")));
        Self {
            addresses: bound.each_ref().map(|(_, address)| address.clone()),
            handles: bound.map(|(handle, _)| Some(handle)),
            peers: [None; SOCKETS],
            waiting: [0; SOCKETS],
        }
    }

    fn play(&mut self, stage: &mut Stage, step: Step) -> Outcome {
        match step {
            Step::Connect { from, to } => {
                let Some(handle) = self.handles[from].clone() else { return Outcome::Idle };
                let outcome = Self::plain(
                    &stage.run(Op::Connect { handle, address: self.addresses[to].clone() }),
                );
                if outcome == Outcome::Done {
                    if self.peers[from].is_some_and(|old| old != to) {
                        self.turn_away(from);
                    }
                    self.peers[from] = Some(to);
                }
                outcome
            }
            Step::SendTo { from, to, text } => {
                let address = Box::new(self.addresses[to].clone());
                self.send(stage, from, Some(to), |handle| Op::SendTo {
                    handle,
                    data: text.bytes().into(),
                    address,
                })
            }
            Step::Send { from, text } => {
                let to = self.peers[from];
                let op = |handle| Op::Send { handle, data: text.bytes().into() };
                let outcome = self.send(stage, from, to, op);
                if outcome == Outcome::Failed(Errno::CONNREFUSED) && self.is_unix() {
                    self.turn_away(from);
                    self.peers[from] = None;
                }
                outcome
            }
            Step::RecvFrom { at, room, pool } => {
                let into = if pool { Fill::Pool } else { Fill::Own(Vec::with_capacity(room)) };
                self.receive(stage, at, |handle| Op::RecvFrom { handle, into })
            }
            Step::Recv { at, room } => {
                let into = Fill::Own(Vec::with_capacity(room));
                self.receive(stage, at, |handle| Op::Recv { handle, into })
            }
            Step::Close { at } => {
                let Some(handle) = self.handles[at].take() else { return Outcome::Idle };
                self.waiting[at] = 0;
                Self::plain(&stage.run(Op::Close { handle }))
            }
        }
    }

    fn is_unix(&self) -> bool {
        self.addresses[0].family() == SocketFamily::Unix
    }

    /// A Unix socket that is no longer connected to its peer loses what had arrived.
    fn turn_away(&mut self, at: usize) {
        if self.is_unix() {
            self.waiting[at] = 0;
        }
    }

    fn send(
        &mut self,
        stage: &mut Stage,
        from: usize,
        to: Option<usize>,
        op: impl FnOnce(Handle) -> Op,
    ) -> Outcome {
        let Some(handle) = self.handles[from].clone() else { return Outcome::Idle };
        if to.is_some_and(|to| self.waiting[to] >= WAITING) {
            return Outcome::Idle;
        }
        let outcome = Self::plain(&stage.run(op(handle)));
        if let (Outcome::Sent(_), Some(to)) = (&outcome, to) {
            let hears = self.peers[to].is_none_or(|peer| peer == from);
            self.waiting[to] += usize::from(hears && self.handles[to].is_some());
        }
        outcome
    }

    fn receive(&mut self, stage: &mut Stage, at: usize, op: impl FnOnce(Handle) -> Op) -> Outcome {
        let Some(handle) = self.handles[at].clone() else { return Outcome::Idle };
        if self.waiting[at] == 0 {
            return Outcome::Idle;
        }
        let completion = stage.run(op(handle));
        let told = match &completion.result {
            Ok(Value::Datagram(datagram)) => {
                let whose = |address: &Address| *address == datagram.sender;
                Some((datagram.len, self.addresses.iter().position(whose)))
            }
            Ok(_) => None,
            // An error that a send had left behind; the datagrams are there still.
            Err(_) => return Self::plain(&completion),
        };
        self.waiting[at] -= 1;
        let data = completion.returned.buffer.map(|buffer| buffer.to_vec());
        Outcome::Received(data.unwrap_or_default(), told)
    }

    /// The outcome of an op that receives nothing.
    fn plain(completion: &Completion) -> Outcome {
        match completion.result {
            Ok(Value::Count(count)) => Outcome::Sent(count),
            Ok(_) => Outcome::Done,
            Err(_) => Outcome::Failed(expect::errno(completion)),
        }
    }
}
