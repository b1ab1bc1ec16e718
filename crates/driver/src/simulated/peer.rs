//! Those on the other side of a connection, who follow a script.
//!
//! A script is data, so that one script can be followed by a peer in the simulated world and by a
//! thread on a real network.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use rustix::io::Errno;

use super::network::{Network, SocketId, Target};
use crate::{Address, BindShare, SocketFamily, SocketKind};

/// What a peer does.
#[derive(Clone, Debug)]
pub struct Script {
    /// How its connections come about.
    pub role: Role,
    /// How many connections it has. All are made before the first act, and each act is done on
    /// all of them, in order, before the next.
    pub connections: usize,
    /// What it does on each connection; it closes them at the end.
    pub acts: Vec<Act>,
}

/// How a peer's connections come about.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// It connects to this address.
    Connects(SocketAddr),
    /// It accepts at an address of its own, on the loopback.
    Listens,
}

/// One thing that a peer does on each of its connections.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends all of these bytes.
    Send(Bytes),
    /// Receives this many bytes.
    Receive(usize),
    /// Receives until the end of the stream.
    ReceiveToEnd,
    /// Sends no more: `shutdown(SHUT_WR)`.
    Finish,
    /// Breaks the connection: `close` with `SO_LINGER` of zero.
    Reset,
    /// Waits until it is told to go on.
    Await,
}

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What each connection received.
    pub received: Vec<Vec<u8>>,
    /// The first error (an `errno`), after which the script was given up. A stream that ended
    /// before `Receive` had its bytes is `ECONNABORTED`.
    pub error: Option<i32>,
}

/// Follows a script in the simulated world.
#[derive(Debug)]
pub(super) struct Player {
    script: Script,
    listener: Option<SocketId>,
    /// None for one that was reset.
    connections: Vec<Option<SocketId>>,
    /// The act, the connection on which it is done next, and how many of its bytes are done.
    act: usize,
    connection: usize,
    bytes_done: usize,
    may_pass: usize,
    played: Played,
    finished: bool,
}

/// What a player can do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    /// It did something.
    Made,
    /// It did something, and is done with this act on this connection.
    NextConnection,
    /// It waits for the other side.
    Waits,
}

impl Player {
    pub(super) fn new(script: Script, network: &mut Network) -> rustix::io::Result<Self> {
        let listener = match script.role {
            Role::Connects(_) => None,
            Role::Listens => {
                let listener = network.socket(SocketFamily::Ipv4, SocketKind::Stream);
                let address = (Ipv4Addr::LOCALHOST, 0).into();
                network.bind_inet(listener, address, BindShare::Alone)?;
                network.listen(listener, i32::MAX)?;
                Some(listener)
            }
        };
        Ok(Self {
            played: Played { received: vec![Vec::new(); script.connections], error: None },
            script,
            listener,
            connections: Vec::new(),
            act: 0,
            connection: 0,
            bytes_done: 0,
            may_pass: 0,
            finished: false,
        })
    }

    /// Where it listens, if it does.
    pub(super) fn address(&self, network: &Network) -> Option<SocketAddr> {
        self.listener.map(|listener| network.inet_local(listener))
    }

    /// Lets it past one `Await`.
    pub(super) fn go_on(&mut self) {
        self.may_pass += 1;
    }

    /// What came of the script, once it has ended.
    pub(super) fn played(&self) -> Option<&Played> {
        self.finished.then_some(&self.played)
    }

    /// Goes on until it has to wait; returns whether it did anything.
    pub(super) fn play(&mut self, network: &mut Network) -> bool {
        let mut moved = false;
        while !self.finished {
            match self.step(network) {
                Ok(Move::Waits) => return moved,
                Ok(Move::Made) => {}
                Ok(Move::NextConnection) => self.connection += 1,
                Err(Errno::AGAIN) => return moved,
                Err(error) => {
                    self.played.error = Some(error.raw_os_error());
                    self.end(network);
                }
            }
            moved = true;
        }
        moved
    }

    fn step(&mut self, network: &mut Network) -> rustix::io::Result<Move> {
        if self.connections.len() < self.script.connections {
            return self.make_connection(network);
        }
        let Some(act) = self.script.acts.get(self.act) else {
            self.end(network);
            return Ok(Move::Made);
        };
        let Some(socket) = self.connections.get(self.connection).copied() else {
            (self.act, self.connection) = (self.act + 1, 0);
            return Ok(Move::Made);
        };
        let Some(socket) = socket else { return Ok(Move::NextConnection) };
        let received = &mut self.played.received[self.connection];
        match act {
            Act::Send(bytes) if self.bytes_done == bytes.len() => self.bytes_done = 0,
            Act::Send(bytes) => {
                self.bytes_done += network.send(socket, &bytes[self.bytes_done..])?;
                return Ok(Move::Made);
            }
            Act::Receive(length) if self.bytes_done == *length => self.bytes_done = 0,
            Act::Receive(length) => {
                let count = network.receive(socket, received, length - self.bytes_done)?;
                self.bytes_done += count;
                return if count == 0 { Err(Errno::CONNABORTED) } else { Ok(Move::Made) };
            }
            Act::ReceiveToEnd => {
                if network.receive(socket, received, usize::MAX)? > 0 {
                    return Ok(Move::Made);
                }
            }
            Act::Finish => network.shutdown(socket, std::net::Shutdown::Write)?,
            Act::Reset => {
                network.reset(socket);
                self.connections[self.connection] = None;
            }
            Act::Await if self.connection == 0 && self.may_pass == 0 => return Ok(Move::Waits),
            Act::Await => self.may_pass -= usize::from(self.connection == 0),
        }
        Ok(Move::NextConnection)
    }

    fn make_connection(&mut self, network: &mut Network) -> rustix::io::Result<Move> {
        let socket = match (self.listener, self.script.role) {
            (Some(listener), _) => network.accept(listener)?.0,
            (None, Role::Connects(address)) => {
                let family = Address::from(address).family();
                let socket = network.socket(family, SocketKind::Stream);
                if let Err(error) = network.connect(socket, Target::Inet(address)) {
                    network.close(socket);
                    return Err(error);
                }
                socket
            }
            (None, Role::Listens) => unreachable!("a player that listens has a listener"),
        };
        self.connections.push(Some(socket));
        Ok(Move::Made)
    }

    fn end(&mut self, network: &mut Network) {
        for socket in self.connections.drain(..).flatten().chain(self.listener.take()) {
            network.close(socket);
        }
        self.finished = true;
    }
}
