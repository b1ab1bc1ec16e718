//! The other side of a connection: a plain thread on the real network, a player in the simulated
//! one. Both follow the same script.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::set_socket_linger;
use whywait_driver::simulated::{Act, PeerId, Played, Role, Script};

use crate::trial::PATIENCE;

/// Somebody who follows a script.
pub(crate) enum Peer {
    /// On the real network.
    Thread(ThreadPeer),
    /// In the simulated world.
    Simulated(PeerId),
}

/// Follows a script on a thread, by the standard library's blocking calls.
pub(crate) struct ThreadPeer {
    address: Option<SocketAddr>,
    go_on: Sender<()>,
    thread: JoinHandle<Played>,
}

impl ThreadPeer {
    pub(crate) fn start(script: Script) -> Self {
        let listener = match script.role {
            Role::Connects(_) => None,
            Role::Listens => {
                Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("ports are left"))
            }
        };
        let address = listener.as_ref().map(|socket| socket.local_addr().expect("it is bound"));
        let (go_on, may_go_on) = channel();
        let thread = thread::spawn(move || play(&script, listener, &may_go_on));
        Self { address, go_on, thread }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    pub(crate) fn let_go_on(&self) {
        // A peer that has given up already says so when it is joined.
        let _ = self.go_on.send(());
    }

    pub(crate) fn let_go_on_after(&self, time: Duration) {
        let go_on = self.go_on.clone();
        thread::spawn(move || {
            thread::sleep(time);
            let _ = go_on.send(());
        });
    }

    pub(crate) fn join(self) -> Played {
        self.thread.join().expect("a peer does not panic")
    }
}

fn play(script: &Script, listener: Option<TcpListener>, may_go_on: &Receiver<()>) -> Played {
    let mut received = vec![Vec::new(); script.connections];
    let result = connections(script, listener)
        .and_then(|streams| act_all(script, streams, &mut received, may_go_on));
    let error = result.err().map(|error| error.raw_os_error().unwrap_or(-1));
    Played { received, error }
}

fn connections(
    script: &Script,
    listener: Option<TcpListener>,
) -> io::Result<Vec<Option<TcpStream>>> {
    let connect = |_| {
        let stream = match (script.role, &listener) {
            (Role::Connects(address), _) => TcpStream::connect(address)?,
            (Role::Listens, Some(listener)) => listener.accept()?.0,
            (Role::Listens, None) => unreachable!("a peer that listens has a listener"),
        };
        // A receive that never ends is a failure of the check, not a thread that stays.
        stream.set_read_timeout(Some(PATIENCE / 2))?;
        Ok(Some(stream))
    };
    (0..script.connections).map(connect).collect()
}

fn act_all(
    script: &Script,
    mut streams: Vec<Option<TcpStream>>,
    received: &mut [Vec<u8>],
    may_go_on: &Receiver<()>,
) -> io::Result<()> {
    for act in &script.acts {
        if let Act::Await = act {
            may_go_on.recv().map_err(|_| io::Error::from(Errno::CANCELED))?;
            continue;
        }
        for (slot, received) in streams.iter_mut().zip(&mut *received) {
            let Some(mut stream) = slot.take() else { continue };
            act_once(act, &mut stream, received)?;
            if !matches!(act, Act::Reset) {
                *slot = Some(stream);
            }
        }
    }
    Ok(())
}

fn act_once(act: &Act, stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<()> {
    match act {
        Act::Send(bytes) => stream.write_all(bytes),
        Act::Receive(length) => {
            let count = Read::take(stream, *length as u64).read_to_end(received)?;
            if count < *length { Err(Errno::CONNABORTED.into()) } else { Ok(()) }
        }
        Act::ReceiveToEnd => stream.read_to_end(received).map(|_| ()),
        Act::Finish => stream.shutdown(Shutdown::Write),
        Act::Reset => Ok(set_socket_linger(stream, Some(Duration::ZERO))?),
        Act::Await => unreachable!("done once for all connections"),
    }
}
