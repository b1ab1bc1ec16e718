//! Edge-triggered epoll by hand: the server that whywait's `epoll` is measured by.
//!
//! A connection is registered once. What arrives is received into one buffer of the server and
//! sent from there, so that a connection which waits holds nothing; a receive that leaves room in
//! the buffer has taken all there was, so that no second one is needed to find that out.
//!
//! Left out on purpose: more than one connection's turn at a time; a peer that sends without end
//! would get all of it.

use std::io;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags};

use super::listen::listen;
use crate::failure::Failure;

/// Events that one wait brings at most.
const EVENTS: usize = 1024;
/// Bytes of the one buffer.
const BUFFER_BYTES: usize = 16 << 10;
/// The listener among the events.
const LISTENER: u64 = u64::MAX;

/// What a connection is registered for while it owes nothing.
const INCOMING: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);

/// Flags after which there will be no more.
const LAST: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

/// Serves until the process ends.
///
/// # Errors
/// What a system call said that concerns all connections.
pub(super) fn serve() -> Result<(), Failure> {
    let listener = listen()?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
    let mut server = Server { epoll, listener, connections: Vec::new(), buffer };
    let mut events = Vec::with_capacity(EVENTS);
    loop {
        events.clear();
        let room = rustix::buffer::spare_capacity(&mut events);
        // A tracer interrupts the wait when it attaches.
        match epoll::wait(&server.epoll, room, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            server.handle(event)?;
        }
    }
}

struct Server {
    epoll: OwnedFd,
    listener: TcpListener,
    /// By the number of its descriptor.
    connections: Vec<Option<Connection>>,
    buffer: [MaybeUninit<u8>; BUFFER_BYTES],
}

struct Connection {
    socket: OwnedFd,
    /// What the socket did not take yet; nothing is received meanwhile.
    #[expect(clippy::box_collection, reason = "one word while there is nothing, as is usual")]
    owed: Option<Box<Vec<u8>>>,
}

/// What shows that there is nothing more to receive for now.
#[derive(PartialEq, Eq)]
enum Enough {
    /// A receive that left room in the buffer.
    Room,
    /// Only the end of the stream.
    End,
}

/// What became of a connection's turn.
enum Turn {
    Over,
    Ended,
}

impl Server {
    fn handle(&mut self, event: &Event) -> io::Result<()> {
        let (data, flags) = (event.data, event.flags);
        if data.u64() == LISTENER {
            return self.accept();
        }
        let number = data.u64() as usize;
        let Some(connection) = &mut self.connections[number] else { return Ok(()) };
        // The other side's end is reported once, with what arrived before it.
        let enough = if flags.intersects(LAST) { Enough::End } else { Enough::Room };
        match connection.turn(&self.epoll, number, enough, &mut self.buffer) {
            Ok(Turn::Over) => {}
            Ok(Turn::Ended) | Err(_) => self.connections[number] = None,
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            let socket = match rustix::net::accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::CONNABORTED | Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let number = socket.as_raw_fd() as usize;
            epoll::add(&self.epoll, &socket, EventData::new_u64(number as u64), INCOMING)?;
            if self.connections.len() <= number {
                self.connections.resize_with(number + 1, || None);
            }
            self.connections[number] = Some(Connection { socket, owed: None });
        }
    }
}

impl Connection {
    fn turn(
        &mut self,
        epoll: &OwnedFd,
        number: usize,
        enough: Enough,
        buffer: &mut [MaybeUninit<u8>],
    ) -> rustix::io::Result<Turn> {
        if let Some(owed) = self.owed.take() {
            let sent = send(&self.socket, &owed)?;
            if sent < owed.len() {
                self.owed = Some(Box::new(owed[sent..].to_vec()));
                return Ok(Turn::Over);
            }
            epoll::modify(epoll, &self.socket, EventData::new_u64(number as u64), INCOMING)?;
        }
        let room = buffer.len();
        loop {
            let received = match rustix::net::recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
                Ok(((received, _), _)) => received,
                Err(Errno::AGAIN) => return Ok(Turn::Over),
                Err(error) => return Err(error),
            };
            if received.is_empty() {
                return Ok(Turn::Ended);
            }
            let sent = send(&self.socket, received)?;
            if sent < received.len() {
                self.owed = Some(Box::new(received[sent..].to_vec()));
                let outgoing = EventFlags::OUT | EventFlags::ET;
                let name = EventData::new_u64(number as u64);
                epoll::modify(epoll, &self.socket, name, outgoing)?;
                return Ok(Turn::Over);
            }
            if received.len() < room && enough == Enough::Room {
                return Ok(Turn::Over);
            }
        }
    }
}

/// How much the socket took.
fn send(socket: impl AsFd, data: &[u8]) -> rustix::io::Result<usize> {
    match rustix::net::send(socket, data, SendFlags::NOSIGNAL) {
        Err(Errno::AGAIN) => Ok(0),
        result => result,
    }
}
