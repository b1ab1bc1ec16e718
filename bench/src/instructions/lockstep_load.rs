//! A load with a fixed number of round trips: a message on every connection, then every answer.
//!
//! Each round begins when the server waits for it. A server that is slow because it is stepped
//! through would otherwise find the next message without waiting, and its wait would not be counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::echo::MESSAGE_BYTES;
use crate::failure::Failure;

/// A server that is stepped through answers 50 messages within a second.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// Connections to one server.
#[derive(Debug)]
pub(super) struct LockstepLoad {
    connections: Vec<TcpStream>,
    active: usize,
    rounds_sent: u64,
}

impl LockstepLoad {
    /// Opens `connections` and has one message answered on each; `active` of them carry more.
    ///
    /// # Errors
    /// When one is refused, or an answer is wrong or late.
    pub(super) fn connect(
        server: SocketAddr,
        connections: usize,
        active: usize,
    ) -> Result<Self, Failure> {
        let connect = |_| {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(ANSWER_LIMIT))?;
            Ok::<_, std::io::Error>(stream)
        };
        let connections: Vec<TcpStream> =
            (0..connections).map(connect).collect::<Result<_, _>>()?;
        let mut load = Self { active: connections.len(), connections, rounds_sent: 0 };
        load.run(1, || Ok(()))?;
        load.active = active;
        Ok(load)
    }

    /// Has `rounds` messages answered on each active connection, and calls `until_idle` before each
    /// round and after the last. Gives the number of round trips.
    ///
    /// # Errors
    /// When an answer is not the message, or late, or what `until_idle` says.
    pub(super) fn run(
        &mut self,
        rounds: usize,
        mut until_idle: impl FnMut() -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let active = &mut self.connections[..self.active];
        for _ in 0..rounds {
            until_idle()?;
            self.rounds_sent += 1;
            for (number, connection) in active.iter_mut().enumerate() {
                connection.write_all(&message(self.rounds_sent, number))?;
            }
            for (number, connection) in active.iter_mut().enumerate() {
                let mut answer = [0; MESSAGE_BYTES];
                connection.read_exact(&mut answer)?;
                if answer != message(self.rounds_sent, number) {
                    return Err(format!("connection {number} got another message back").into());
                }
            }
        }
        until_idle()?;
        Ok(rounds * self.active)
    }
}

/// A message that no other connection and no other round has.
fn message(round: u64, connection: usize) -> [u8; MESSAGE_BYTES] {
    let mut message = [0; MESSAGE_BYTES];
    message[..8].copy_from_slice(&round.to_le_bytes());
    message[8..16].copy_from_slice(&(connection as u64).to_le_bytes());
    message
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::{LockstepLoad, MESSAGE_BYTES};
    use crate::failure::Failure;

    /// Serves one connection, adding `change` to the first byte of each message.
    fn server(change: u8) -> Result<std::net::SocketAddr, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            let mut message = [0; MESSAGE_BYTES];
            while stream.read_exact(&mut message).is_ok() {
                message[0] = message[0].wrapping_add(change);
                stream.write_all(&message)?;
            }
            Ok::<_, std::io::Error>(())
        });
        Ok(address)
    }

    #[test]
    fn each_active_connection_has_a_round_trip_in_each_round() -> Result<(), Failure> {
        let mut load = LockstepLoad::connect(server(0)?, 1, 1)?;
        let mut waits = 0;
        let round_trips = load.run(3, || {
            waits += 1;
            Ok(())
        });
        assert_eq!(round_trips?, 3);
        assert_eq!(waits, 4);
        Ok(())
    }

    #[test]
    fn a_wrong_answer_fails() -> Result<(), Failure> {
        let error = LockstepLoad::connect(server(1)?, 1, 1).expect_err("a byte is wrong");
        assert!(error.to_string().contains("another message"), "{error}");
        Ok(())
    }
}
