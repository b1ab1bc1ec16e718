//! Which processes listen for connections, and which connections they serve.

use std::collections::{BTreeSet, HashMap, HashSet};

use whywait_record::{
    Descriptor, DescriptorId, DescriptorKind, OpenDescriptor, Process, Record, Thread,
};

/// Which processes listen for connections, and which connections they serve.
///
/// It rests on the descriptor tables of processes that ran already, on the descriptors on which
/// threads slept, and on one example for each kind of call.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Processes that have a listening socket open.
    listening: HashSet<u32>,
    /// Processes whose descriptor table is known.
    tables: HashSet<u32>,
    /// Sockets that a table says do not listen.
    not_listening: BTreeSet<DescriptorId>,
    /// The local ends at which connections are accepted.
    served_at: HashSet<String>,
    /// By process, the connections that it serves.
    connections: HashMap<u32, BTreeSet<DescriptorId>>,
    /// Groups of processes that serve one connection at a time.
    one_at_a_time: HashSet<Group>,
}

/// Processes that one process created and that run the same program.
type Group = (u32, String);

impl Network {
    pub(crate) fn of(record: &Record) -> Self {
        let mut network = Self::default();
        for process in &record.processes {
            network.add_table(record, process);
        }
        network.add_used(record);
        network.find_shared_ends(record);
        for process in &record.processes {
            network.add_connections(record, process);
        }
        network.find_one_at_a_time(record);
        network
    }

    /// Whether a process has a listening socket, as far as can be seen.
    pub(crate) fn listens(&self, pid: u32) -> bool {
        self.listening.contains(&pid)
    }

    /// Whether what a process had open when it was first seen is known.
    pub(crate) fn has_table(&self, pid: u32) -> bool {
        self.tables.contains(&pid)
    }

    /// Whether it is a listening socket.
    pub(crate) fn is_listener(&self, id: DescriptorId, descriptor: &Descriptor) -> bool {
        looks_listening(descriptor) && !self.not_listening.contains(&id)
    }

    /// Whether it is a connection that was accepted, not one that was made.
    pub(crate) fn is_served(&self, descriptor: &Descriptor) -> bool {
        let is_connected = descriptor.kind.is_socket() && descriptor.peer.is_some();
        is_connected && local_end(descriptor).is_some_and(|end| self.served_at.contains(end))
    }

    /// How many accepted connections a process had open or used.
    pub(crate) fn connections(&self, pid: u32) -> u64 {
        self.connections.get(&pid).map_or(0, |all| all.len() as u64)
    }

    /// Whether a process and those created alike serve one connection at a time, each of their
    /// threads: they had no more when they were first seen, and no epoll watched one.
    pub(crate) fn serves_one_at_a_time(&self, process: &Process) -> bool {
        group_of(process).is_some_and(|group| self.one_at_a_time.contains(&group))
    }

    fn find_one_at_a_time(&mut self, record: &Record) {
        let mut groups: HashMap<Group, Vec<Table>> = HashMap::new();
        let listening = record.processes.iter().filter(|process| self.listens(process.pid));
        for process in listening.filter(|process| self.has_table(process.pid)) {
            if let Some(group) = group_of(process) {
                groups.entry(group).or_default().push(self.table_of(record, process));
            }
        }
        let is_one = |tables: &Vec<Table>| {
            tables.len() > 1
                && tables.iter().any(|table| table.connections > 0)
                && tables.iter().all(|table| table.connections <= table.threads && !table.watches)
        };
        let some = groups.into_iter().filter(|(_, tables)| is_one(tables));
        self.one_at_a_time = some.map(|(group, _)| group).collect();
    }

    fn table_of(&self, record: &Record, process: &Process) -> Table {
        // One that was closed before its ends could be read has none.
        let is_one = |open: &&OpenDescriptor| {
            record.descriptor(open.descriptor).is_some_and(|one| {
                let has_ends = one.peer.is_some() || one.local.is_some();
                let is_closed = one.kind == DescriptorKind::Tcp && !has_ends && !open.listening;
                is_closed || self.is_served(one)
            })
        };
        let served: HashSet<i32> =
            process.descriptors.iter().filter(is_one).map(|open| open.fd).collect();
        let mut watched = process.descriptors.iter().flat_map(|open| &open.watches);
        Table {
            connections: served.len(),
            threads: process.threads.len(),
            watches: watched.any(|fd| served.contains(fd)),
        }
    }

    fn add_table(&mut self, record: &Record, process: &Process) {
        if process.descriptors.is_empty() {
            return;
        }
        self.tables.insert(process.pid);
        for open in &process.descriptors {
            let Some(descriptor) = record.descriptor(open.descriptor) else { continue };
            if open.listening {
                self.listening.insert(process.pid);
                self.served_at.extend(local_end(descriptor).map(str::to_owned));
            } else if descriptor.kind.is_socket() {
                self.not_listening.insert(open.descriptor);
            }
        }
    }

    /// Adds the listening sockets that threads used.
    fn add_used(&mut self, record: &Record) {
        for (process, thread) in record.threads() {
            for id in used(thread) {
                let Some(descriptor) = record.descriptor(id) else { continue };
                if self.is_listener(id, descriptor) {
                    self.listening.insert(process.pid);
                    self.served_at.extend(local_end(descriptor).map(str::to_owned));
                }
            }
        }
    }

    /// Connections with one local end and several peers were accepted there: each that is made has
    /// a local end of its own.
    fn find_shared_ends(&mut self, record: &Record) {
        let mut peers: HashMap<&str, &str> = HashMap::new();
        let mut shared = Vec::new();
        for descriptor in record.descriptors.iter().filter(|one| one.kind == DescriptorKind::Tcp) {
            let (Some(end), Some(peer)) = (local_end(descriptor), descriptor.peer.as_deref())
            else {
                continue;
            };
            if *peers.entry(end).or_insert(peer) != peer {
                shared.push(end.to_owned());
            }
        }
        self.served_at.extend(shared);
    }

    fn add_connections(&mut self, record: &Record, process: &Process) {
        let used = process.threads.iter().flat_map(used);
        let open = process.descriptors.iter().map(|open: &OpenDescriptor| open.descriptor);
        let is_served = |id: &DescriptorId| {
            record.descriptor(*id).is_some_and(|descriptor| self.is_served(descriptor))
        };
        let connections: BTreeSet<DescriptorId> = used.chain(open).filter(is_served).collect();
        if !connections.is_empty() {
            self.connections.insert(process.pid, connections);
        }
    }
}

/// What of connections is in the descriptor table of a process.
#[derive(Clone, Copy, Debug)]
struct Table {
    connections: usize,
    threads: usize,
    /// Whether an epoll watches one of them.
    watches: bool,
}

fn group_of(process: &Process) -> Option<Group> {
    let program = process.command.program().unwrap_or_default();
    Some((process.parent_pid?, program.to_owned()))
}

/// The descriptors on which a thread slept, and an example for each kind of its calls.
fn used(thread: &Thread) -> impl Iterator<Item = DescriptorId> {
    let slept_on = thread.waits.iter().filter_map(|wait| wait.descriptor);
    slept_on.chain(thread.calls.iter().filter_map(|call| call.example))
}

/// A socket that waits for connections has an end of its own and no other.
pub(crate) fn looks_listening(descriptor: &Descriptor) -> bool {
    let stream = matches!(descriptor.kind, DescriptorKind::Tcp | DescriptorKind::Unix);
    stream && descriptor.peer.is_none() && descriptor.local.is_some()
}

/// What accepted connections share with the socket that listens: the port, or the path.
fn local_end(descriptor: &Descriptor) -> Option<&str> {
    let local = descriptor.local.as_deref()?;
    if descriptor.kind == DescriptorKind::Unix { Some(local) } else { local.rsplit(':').next() }
}
