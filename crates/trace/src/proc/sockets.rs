//! Sockets by their inodes, from the kernel's tables, which are read as seldom as will do.
//!
//! Left out on purpose: tables of other families than IP and Unix.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};
use whywait_record::DescriptorKind;

use super::socket_table::{Ends, MOST_SOCKETS, TABLES, TableRow};
use super::unix_peer::unix_peer;

/// The kernel writes a table anew for every reader and holds its locks meanwhile, so reading may
/// take this share of the time, and this much at once before.
const SHARE_OF_TIME: f64 = 0.02;
const AT_ONCE: Duration = Duration::from_millis(50);

/// Sockets by their inodes.
#[derive(Debug)]
pub(super) struct Sockets {
    /// By network namespace, as `/proc/PID/ns/net` names it, and table.
    tables: HashMap<(String, &'static str), HashMap<u64, Ends>>,
    began: Instant,
    reading: Duration,
}

/// What is known of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) kind: DescriptorKind,
    pub(super) local: Option<String>,
    pub(super) peer: Option<String>,
    pub(super) is_listening: bool,
}

impl Sockets {
    pub(super) fn new() -> Self {
        Self { tables: HashMap::new(), began: Instant::now(), reading: Duration::ZERO }
    }

    /// The socket of that inode, which a process has open; of the protocol that the kernel names
    /// for it, if it does.
    pub(super) fn find(&mut self, pid: u32, inode: u64, protocol: Option<&[u8]>) -> Socket {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let namespace = namespace.map(|name| name.to_string_lossy().into_owned());
        let row = protocol.and_then(TableRow::of);
        let mut socket = Socket {
            kind: row.map_or(DescriptorKind::Socket, |row| row.kind),
            local: None,
            peer: None,
            is_listening: false,
        };
        let candidates = match (row, protocol) {
            (Some(row), _) => std::slice::from_ref(row),
            (None, None) => TABLES,
            // A family that has no table here.
            (None, Some(_)) => &[],
        };
        let Some(namespace) = namespace else { return socket };
        for row in candidates {
            let Some(ends) = self.ends(pid, &namespace, row, inode) else { continue };
            (socket.kind, socket.local, socket.peer) = (row.kind, ends.local(), ends.peer());
            socket.is_listening = ends.are_listening(row.kind);
            break;
        }
        if socket.kind == DescriptorKind::Unix {
            socket.peer = self.unix_peer(pid, &namespace, inode);
        }
        socket
    }

    /// The name of the Unix socket to which another is connected.
    fn unix_peer(&mut self, pid: u32, namespace: &str, inode: u64) -> Option<String> {
        let own = fs::read_link("/proc/self/ns/net").ok()?;
        // The kernel answers for the namespace of whoever asks.
        let peer = (own.to_str() == Some(namespace)).then(|| unix_peer(inode)).flatten()?;
        self.ends(pid, namespace, TableRow::of(b"UNIX")?, peer)?.local()
    }

    fn ends(
        &mut self,
        pid: u32,
        namespace: &str,
        row: &'static TableRow,
        inode: u64,
    ) -> Option<Ends> {
        let key = (namespace.to_owned(), row.file);
        let known = self.tables.get(&key).and_then(|table| table.get(&inode)).cloned();
        // One that has no peer may have been connected since.
        if known.as_ref().is_some_and(Ends::are_known) || !self.may_read() {
            return known;
        }
        let begun = Instant::now();
        let table = row.read(pid);
        self.reading += begun.elapsed();
        let ends = table.get(&inode).cloned();
        self.tables.remove(&key);
        if self.tables.values().map(HashMap::len).sum::<usize>() + table.len() > MOST_SOCKETS {
            self.tables.clear();
        }
        self.tables.insert(key, table);
        ends.or(known)
    }

    fn may_read(&self) -> bool {
        self.reading <= AT_ONCE + self.began.elapsed().mul_f64(SHARE_OF_TIME)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsFd;

    use super::*;

    fn inode(socket: impl AsFd) -> u64 {
        rustix::fs::fstat(socket).expect("a socket").st_ino
    }

    #[test]
    fn tables_are_not_read_when_reading_has_taken_its_share() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let place = listener.local_addr().expect("it is bound").to_string();
        let mut sockets = Sockets::new();
        let unread =
            Socket { kind: DescriptorKind::Tcp, local: None, peer: None, is_listening: false };
        let find = |sockets: &mut Sockets| {
            sockets.find(std::process::id(), inode(&listener), Some(b"TCP"))
        };
        sockets.reading = Duration::MAX;
        assert_eq!(find(&mut sockets), unread);
        sockets.reading = Duration::ZERO;
        let read = Socket { local: Some(place), is_listening: true, ..unread };
        assert_eq!(find(&mut sockets), read);
        // What was read stays known.
        sockets.reading = Duration::MAX;
        assert_eq!(find(&mut sockets), read);
    }

    #[test]
    fn a_socket_without_a_protocol_is_looked_for_in_all_tables() {
        let listener = TcpListener::bind("[::1]:0").expect("an address");
        let place = listener.local_addr().expect("it is bound").to_string();
        let found = Sockets::new().find(std::process::id(), inode(&listener), None);
        assert_eq!((found.kind, found.local), (DescriptorKind::Tcp, Some(place)));
    }

    #[test]
    fn no_more_sockets_are_kept_than_there_is_room_for() {
        let mut sockets = Sockets::new();
        for table in 0..3_u64 {
            let entries = (0..MOST_SOCKETS as u64)
                .map(|inode| (inode, Ends::Unix { name: None, is_listening: false }));
            sockets.tables.insert((format!("net:[{table}]"), "unix"), entries.collect());
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let found = sockets.find(std::process::id(), inode(&listener), Some(b"TCP"));
        assert!(found.local.is_some());
        let kept: usize = sockets.tables.values().map(HashMap::len).sum();
        assert!(kept <= MOST_SOCKETS, "{kept}");
    }
}
