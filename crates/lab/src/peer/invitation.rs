//! How a flow that listens tells a peer to come: one line on a connection of its own.

use std::io;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::PeerAddress;
use super::requests::Requests;
use crate::connection::Connection;

/// The longest invitation; names are far shorter.
const LONGEST_BYTES: usize = 4096;

/// Tells a peer to come to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    /// The peer's name in the plan.
    pub(crate) peer: String,
    /// Where the flow listens.
    pub(crate) address: PeerAddress,
}

impl Invitation {
    /// Sends it to where invitations are taken.
    pub(crate) async fn send(&self, to: &PeerAddress) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Connection::to(to).await?.send_all(Bytes::from(line)).await
    }

    /// Reads one. None for anything else, and for an address that is not on this machine: nobody
    /// can have us knock at other doors.
    pub(super) async fn read(connection: &Connection) -> Option<Self> {
        let line = Requests::default().ended(connection, b"\n", LONGEST_BYTES).await.ok()??;
        Self::parse(&line)
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let invitation: Self = serde_json::from_slice(line).ok()?;
        let is_here = match &invitation.address {
            PeerAddress::Tcp(address) => address.ip().is_loopback(),
            PeerAddress::Unix(_) | PeerAddress::Udp(_) => false,
        };
        is_here.then_some(invitation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let address = PeerAddress::Tcp("127.0.0.1:4242".parse().unwrap());
        let invitation = Invitation { peer: "the db".into(), address };
        let line = serde_json::to_vec(&invitation).unwrap();
        assert_eq!(Invitation::parse(&line), Some(invitation));
    }

    #[test]
    fn nobody_is_sent_anywhere_else() {
        for line in ["", "{}", "db", r#"{"peer":"db","address":{"tcp":"192.0.2.1:80"}}"#] {
            assert_eq!(Invitation::parse(line.as_bytes()), None, "{line:?}");
        }
    }
}
