//! One of the kernel's tables of sockets, such as `/proc/PID/net/tcp`.
//!
//! Left out on purpose: when it is read; see `sockets.rs`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use whywait_record::DescriptorKind;

use super::{InetLine, UnixLine};

/// How many sockets are kept of one table; later ones stay without names.
pub(super) const MOST_SOCKETS: usize = 50_000;

/// A table of a kernel's network namespace.
#[derive(Debug)]
pub(super) struct TableRow {
    /// The file's name below `/proc/PID/net`.
    pub(super) file: &'static str,
    /// What its sockets are.
    pub(super) kind: DescriptorKind,
    /// What `system.sockprotoname` of its sockets begins with, where no longer one fits.
    protocol: &'static [u8],
    parse: fn(&[u8]) -> Option<(u64, Ends)>,
}

/// All tables that are known. A protocol that begins like another stands before it.
pub(super) const TABLES: &[TableRow] = &[
    TableRow { file: "tcp6", kind: DescriptorKind::Tcp, protocol: b"TCPv6", parse: inet },
    TableRow { file: "tcp", kind: DescriptorKind::Tcp, protocol: b"TCP", parse: inet },
    TableRow { file: "udp6", kind: DescriptorKind::Udp, protocol: b"UDPv6", parse: inet },
    TableRow { file: "udp", kind: DescriptorKind::Udp, protocol: b"UDP", parse: inet },
    TableRow { file: "unix", kind: DescriptorKind::Unix, protocol: b"UNIX", parse: unix },
];

/// The two ends of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Over IP.
    Inet { local: SocketAddr, peer: Option<SocketAddr> },
    /// Of a Unix socket: its name, and whether it takes connections.
    Unix { name: Option<String>, is_listening: bool },
}

impl TableRow {
    /// The table that has the sockets of that protocol.
    pub(super) fn of(protocol: &[u8]) -> Option<&'static Self> {
        TABLES.iter().find(|row| protocol.starts_with(row.protocol))
    }

    /// Reads it, as it is in the network namespace of a process: the ends by inode.
    pub(super) fn read(&self, pid: u32) -> HashMap<u64, Ends> {
        let Ok(file) = File::open(format!("/proc/{pid}/net/{}", self.file)) else {
            return HashMap::new();
        };
        self.parse(BufReader::with_capacity(64 << 10, file))
    }

    fn parse(&self, mut lines: impl BufRead) -> HashMap<u64, Ends> {
        let mut sockets = HashMap::new();
        let mut line = Vec::new();
        while sockets.len() < MOST_SOCKETS {
            line.clear();
            if !matches!(lines.read_until(b'\n', &mut line), Ok(1..)) {
                break;
            }
            sockets.extend((self.parse)(line.strip_suffix(b"\n").unwrap_or(&line)));
        }
        sockets
    }
}

impl Ends {
    /// Whether there is nothing more to learn of it, unless it becomes another.
    pub(super) fn are_known(&self) -> bool {
        match self {
            Self::Inet { peer, .. } => peer.is_some(),
            Self::Unix { name, .. } => name.is_some(),
        }
    }

    /// Its own end, such as `0.0.0.0:80` or `unix:/run/x`; none of a socket without a name.
    pub(super) fn local(&self) -> Option<String> {
        match self {
            Self::Inet { local, .. } => Some(local.to_string()),
            Self::Unix { name, .. } => name.as_ref().map(|name| format!("unix:{name}")),
        }
    }

    /// The other end, where the table tells it.
    pub(super) fn peer(&self) -> Option<String> {
        match self {
            Self::Inet { peer, .. } => peer.map(|peer| peer.to_string()),
            Self::Unix { .. } => None,
        }
    }

    /// Whether it takes connections. The tables of TCP have no socket without a peer that does not.
    pub(super) fn are_listening(&self, kind: DescriptorKind) -> bool {
        match self {
            Self::Inet { peer, .. } => kind == DescriptorKind::Tcp && peer.is_none(),
            Self::Unix { is_listening, .. } => *is_listening,
        }
    }
}

fn inet(line: &[u8]) -> Option<(u64, Ends)> {
    let InetLine { inode, local, peer } = InetLine::parse(line)?;
    Some((inode, Ends::Inet { local, peer }))
}

fn unix(line: &[u8]) -> Option<(u64, Ends)> {
    let UnixLine { inode, name, is_listening } = UnixLine::parse(line)?;
    Some((inode, Ends::Unix { name, is_listening }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_protocol_that_fits_decides() {
        let file = |protocol: &[u8]| TableRow::of(protocol).map(|row| row.file);
        assert_eq!(file(b"TCPv6"), Some("tcp6"));
        assert_eq!(file(b"TCP"), Some("tcp"));
        assert_eq!(file(b"UNIX-STREAM"), Some("unix"));
        assert_eq!(file(b"NETLINK"), None);
    }

    #[test]
    fn a_table_is_its_lines_without_those_that_are_none() {
        let text =
            b"Num RefCount\nffff: 2 0 0 1 1 7 /a\n\xff\nffff: 2 0 0 1 1 8\nffff: 2 0 0 1 1 9";
        let sockets = TableRow::of(b"UNIX").expect("a table").parse(text.as_slice());
        assert_eq!(sockets.len(), 3);
        assert_eq!(sockets[&7].local().as_deref(), Some("unix:/a"));
        assert_eq!(sockets[&8].local(), None);
    }

    #[test]
    fn a_table_without_end_is_cut_off() {
        let lines = (1..=2 * MOST_SOCKETS).map(|inode| format!("f: 2 0 0 1 1 {inode}\n"));
        let text: String = lines.collect();
        let sockets = TableRow::of(b"UNIX").expect("a table").parse(text.as_bytes());
        assert_eq!(sockets.len(), MOST_SOCKETS);
    }
}
