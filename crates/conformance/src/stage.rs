//! What a check works with: a driver, files, peers, and the promises that are asserted of every
//! completion.

use std::collections::{HashMap, VecDeque};
use std::ffi::{CString, OsStr};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::TempDir;
use whywait_driver::simulated::{Act, Played, Role, Script};
use whywait_driver::{Address, BindShare, SocketFamily, SocketKind, Token, TokenAllocator, Value};
use whywait_driver::{Buffer, Data, Op, OpenMode};
use whywait_driver::{
    BufferPool, Completion, Config, Driver, Fill, Full, Handle, Limits, Notifier,
};

use crate::expect;
use crate::peer::{Peer, ThreadPeer};
use crate::subject::{Acting, Subject};

/// A driver on a stage of its own.
///
/// Of every completion it asserts: that its op was in flight, that only a multishot op has others
/// before its final one, and that with that the op's handle and buffer came back.
pub struct Stage {
    subject: Subject,
    seed: u64,
    acting: Option<Acting>,
    tokens: TokenAllocator,
    in_flight: HashMap<Token, Owed>,
    finished: HashMap<Token, Completion>,
    /// What multishot ops gave before their final completions.
    results: HashMap<Token, VecDeque<Completion>>,
    order: Vec<Token>,
    directory: TempDir,
}

/// What an op must give back.
struct Owed {
    handle: Option<u64>,
    buffer: OwedBuffer,
    name: &'static str,
    is_multishot: bool,
}

enum OwedBuffer {
    None,
    /// A vector that begins with these bytes.
    Own(Vec<u8>),
    Data(Bytes),
    /// The lease that was sent: where its bytes are, and how many.
    Lease(usize, usize),
    /// A lease, or none if none was needed.
    Pool,
}

impl Stage {
    pub(crate) fn new(subject: Subject, seed: u64) -> Self {
        Self {
            subject,
            seed,
            acting: Some(subject.open(seed, &Config::default())),
            tokens: TokenAllocator::default(),
            in_flight: HashMap::new(),
            finished: HashMap::new(),
            results: HashMap::new(),
            order: Vec::new(),
            directory: tempfile::tempdir().expect("the temporary directory is writable"),
        }
    }

    /// Drops the driver with what is in flight, and opens another.
    pub(crate) fn reopen(&mut self, config: &Config) {
        self.drop_driver();
        self.acting = Some(self.subject.open(self.seed, config));
    }

    /// Drops the driver with what is in flight.
    pub(crate) fn drop_driver(&mut self) {
        self.acting = None;
        self.in_flight.clear();
        self.finished.clear();
        self.results.clear();
        self.order.clear();
        self.tokens = TokenAllocator::default();
    }

    fn acting(&mut self) -> &mut Acting {
        self.acting.as_mut().expect("the driver was dropped")
    }

    pub(crate) fn driver(&mut self) -> &mut dyn Driver {
        self.acting().driver()
    }

    pub(crate) fn limits(&mut self) -> Limits {
        self.driver().limits()
    }

    pub(crate) fn notifier(&mut self) -> Notifier {
        self.driver().notifier()
    }

    pub(crate) fn pool(&mut self) -> BufferPool {
        self.driver().pool().clone()
    }

    /// The time of the driver's world.
    pub(crate) fn now(&mut self) -> Instant {
        match self.acting() {
            Acting::Real(_) => Instant::now(),
            Acting::Simulated(driver) => driver.now(),
        }
    }

    /// A path in this stage's own directory.
    pub(crate) fn path(&self, name: &str) -> CString {
        let path = match self.subject {
            Subject::Real(_) => self.directory.path().join(name).as_os_str().as_bytes().to_vec(),
            Subject::Simulated { .. } => format!("/tmp/{name}").into_bytes(),
        };
        CString::new(path).expect("no NUL in a path")
    }

    /// Submits `op`, for which there is room.
    pub(crate) fn start(&mut self, op: Op) -> Token {
        self.try_start(op, None).expect("the queue has room")
    }

    /// Submits `op` with a deadline a while from now.
    pub(crate) fn start_within(&mut self, time: Duration, op: Op) -> Token {
        let deadline = self.now() + time;
        self.try_start(op, Some(deadline)).expect("the queue has room")
    }

    /// Submits `op`.
    pub(crate) fn try_start(&mut self, op: Op, deadline: Option<Instant>) -> Result<Token, Full> {
        let token = self.tokens.allocate();
        let owed = Owed::by(&op);
        match self.driver().submit(token, op, deadline) {
            Ok(()) => {
                self.in_flight.insert(token, owed);
                Ok(token)
            }
            Err(full) => {
                self.tokens.release(token);
                Err(full)
            }
        }
    }

    pub(crate) fn cancel(&mut self, token: Token) {
        self.driver().cancel(token);
    }

    /// Waits once; asserts the promises of what completed, and says how much did.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>) -> usize {
        let mut done = Vec::new();
        self.driver().wait(deadline, &mut done).expect("waiting does not fail");
        let count = done.len();
        for completion in done {
            self.take_in(completion);
        }
        count
    }

    /// Looks, and does not wait.
    pub(crate) fn look(&mut self) -> usize {
        let now = self.now();
        self.wait(Some(now))
    }

    fn take_in(&mut self, completion: Completion) {
        let token = completion.token;
        let owed = self.in_flight.remove(&token);
        let owed = owed.unwrap_or_else(|| panic!("{completion:?} of an op not in flight"));
        if completion.more {
            assert!(owed.is_multishot, "{} is not multishot: {completion:?}", owed.name);
            assert!(completion.result.is_ok(), "an error is final: {completion:?}");
            assert!(completion.returned.handle.is_none(), "the op still has it: {completion:?}");
            self.in_flight.insert(token, owed);
            return self.results.entry(token).or_default().push_back(completion);
        }
        owed.assert_given_back(&completion);
        self.tokens.release(token);
        self.order.push(token);
        self.finished.insert(token, completion);
    }

    /// Waits for an op's completion.
    pub(crate) fn finish(&mut self, token: Token) -> Completion {
        loop {
            if let Some(completion) = self.finished.remove(&token) {
                return completion;
            }
            assert!(self.in_flight.contains_key(&token), "{token:?} is not in flight");
            self.wait(None);
        }
    }

    /// Waits for a multishot op's next completion.
    pub(crate) fn next(&mut self, token: Token) -> Completion {
        loop {
            let next = self.results.get_mut(&token).and_then(VecDeque::pop_front);
            if let Some(completion) = next.or_else(|| self.finished.remove(&token)) {
                return completion;
            }
            assert!(self.in_flight.contains_key(&token), "{token:?} is not in flight");
            self.wait(None);
        }
    }

    /// Waits until nothing is in flight; gives the tokens in the order of their completion.
    pub(crate) fn finish_all(&mut self) -> Vec<Token> {
        while !self.in_flight.is_empty() {
            self.wait(None);
        }
        std::mem::take(&mut self.order)
    }

    /// The completion of an op that has finished.
    pub(crate) fn take_finished(&mut self, token: Token) -> Option<Completion> {
        self.finished.remove(&token)
    }

    /// Submits `op` and waits for it.
    pub(crate) fn run(&mut self, op: Op) -> Completion {
        let token = self.start(op);
        self.finish(token)
    }

    /// Asserts that every op has had its completion, and that no further one comes.
    pub(crate) fn assert_settled(&mut self) {
        let left: Vec<&str> = self.in_flight.values().map(|owed| owed.name).collect();
        assert!(left.is_empty(), "the check left {left:?} in flight");
        if self.acting.is_some() {
            self.look();
            self.look();
        }
    }

    /// Opens a file.
    #[track_caller]
    pub(crate) fn open(&mut self, name: &str, mode: OpenMode) -> Handle {
        let path = self.path(name);
        expect::opened(self.run(Op::Open { path, mode }))
    }

    /// Makes a file that holds `data`.
    #[track_caller]
    pub(crate) fn make_file(&mut self, name: &str, data: &[u8]) {
        let (path, data) = (self.path(name), Bytes::copy_from_slice(data));
        let length = data.len();
        assert_eq!(expect::count(&self.run(Op::WriteFile { path, data })), length);
    }

    /// Makes calls until all of `data` is written or sent.
    #[track_caller]
    pub(crate) fn transfer_all(&mut self, data: &[u8], call: impl Fn(Bytes) -> Op) {
        let mut left = Bytes::copy_from_slice(data);
        while !left.is_empty() {
            let count = expect::count(&self.run(call(left.clone())));
            assert!(0 < count && count <= left.len(), "{count} of {}", left.len());
            left = left.slice(count..);
        }
    }

    #[track_caller]
    pub(crate) fn send_all(&mut self, handle: &Handle, data: &[u8]) {
        self.transfer_all(data, |data| Op::Send { handle: handle.clone(), data: data.into() });
    }

    /// Makes calls until `most` bytes came or the stream ended.
    #[track_caller]
    pub(crate) fn collect(&mut self, most: usize, call: impl Fn(Fill, usize) -> Op) -> Vec<u8> {
        let mut collected = Vec::new();
        while collected.len() < most {
            let room = (most - collected.len()).min(64 << 10);
            let into = Fill::Own(Vec::with_capacity(room));
            let completion = self.run(call(into, collected.len()));
            let count = expect::count(&completion);
            let read = expect::buffer(completion);
            assert_eq!(read.len(), count, "the count and the buffer agree");
            if count == 0 {
                break;
            }
            collected.extend_from_slice(&read);
        }
        collected
    }

    #[track_caller]
    pub(crate) fn receive(&mut self, handle: &Handle, most: usize) -> Vec<u8> {
        self.collect(most, |into, _| Op::Recv { handle: handle.clone(), into })
    }

    /// Starts a peer.
    pub(crate) fn peer(&mut self, role: Role, acts: Vec<Act>) -> Peer {
        self.peers(role, 1, acts)
    }

    /// Starts a peer with several connections.
    pub(crate) fn peers(&mut self, role: Role, connections: usize, acts: Vec<Act>) -> Peer {
        let script = Script { role, connections, acts };
        match self.acting() {
            Acting::Real(_) => Peer::Thread(ThreadPeer::start(script)),
            Acting::Simulated(driver) => {
                Peer::Simulated(driver.add_peer(script).expect("ports are left"))
            }
        }
    }

    /// Lets a peer past one `Await`.
    pub(crate) fn let_go_on(&mut self, peer: &Peer) {
        match (peer, self.acting()) {
            (Peer::Thread(thread), _) => thread.let_go_on(),
            (Peer::Simulated(id), Acting::Simulated(driver)) => driver.let_peer_go_on(*id),
            (Peer::Simulated(_), Acting::Real(_)) => unreachable!("peers are of the driver's kind"),
        }
    }

    /// Lets a peer past one `Await` after a while; in the simulated world at once, since time
    /// stands still there until nothing else can happen.
    pub(crate) fn let_go_on_after(&mut self, time: Duration, peer: &Peer) {
        match peer {
            Peer::Thread(thread) => thread.let_go_on_after(time),
            Peer::Simulated(_) => self.let_go_on(peer),
        }
    }

    /// Waits until a peer has ended.
    pub(crate) fn join(&mut self, peer: Peer) -> Played {
        let id = match peer {
            Peer::Thread(thread) => return thread.join(),
            Peer::Simulated(id) => id,
        };
        // Dropped handles and what follows from them take effect when the driver looks.
        self.look();
        match self.acting() {
            Acting::Simulated(driver) => {
                driver.played(id).expect("the peer still waits for something").clone()
            }
            Acting::Real(_) => unreachable!("peers are of the driver's kind"),
        }
    }

    /// Asserts that a dropped driver has let go of its connection with this peer.
    pub(crate) fn assert_let_go_of(&mut self, peer: Peer) {
        match peer {
            Peer::Thread(thread) => assert_eq!(thread.join().error, None),
            // The world went with the driver, the peer included.
            Peer::Simulated(_) => assert!(self.acting.is_none()),
        }
    }

    /// A connection that the driver makes to a peer.
    #[track_caller]
    pub(crate) fn connect_to(&mut self, acts: Vec<Act>) -> (Handle, Peer) {
        let peer = self.peer(Role::Listens, acts);
        let address = match (&peer, self.acting()) {
            (Peer::Thread(thread), _) => thread.address(),
            (Peer::Simulated(id), Acting::Simulated(driver)) => driver.peer_address(*id),
            (Peer::Simulated(_), Acting::Real(_)) => unreachable!("peers are of the driver's kind"),
        };
        let address = address.expect("it listens");
        let handle = self.socket();
        let address = address.into();
        expect::done(&self.run(Op::Connect { handle: handle.clone(), address }));
        (handle, peer)
    }

    /// A TCP socket.
    #[track_caller]
    pub(crate) fn socket(&mut self) -> Handle {
        self.socket_of(SocketFamily::Ipv4, SocketKind::Stream)
    }

    /// A socket.
    #[track_caller]
    pub(crate) fn socket_of(&mut self, family: SocketFamily, kind: SocketKind) -> Handle {
        let handle = expect::opened(self.run(Op::Socket { family, kind }));
        assert_eq!(handle.carries_datagrams(), kind == SocketKind::Datagram);
        handle
    }

    /// What came of giving a socket an address.
    pub(crate) fn bind(&mut self, handle: &Handle, address: &Address) -> Completion {
        let (address, share) = (address.clone(), BindShare::Alone);
        self.run(Op::Bind { handle: handle.clone(), address, share })
    }

    /// A socket bound to an address that nobody else has: of a Unix socket it is a path of that
    /// name in this stage's own directory. Nobody is refused a port by it, nor answered.
    #[track_caller]
    pub(crate) fn bound_as(
        &mut self,
        family: SocketFamily,
        kind: SocketKind,
        name: &str,
    ) -> (Handle, Address) {
        let handle = self.socket_of(family, kind);
        let address = match family {
            SocketFamily::Ipv4 => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
            SocketFamily::Ipv6 => SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into(),
            SocketFamily::Unix => self.socket_path(name),
        };
        expect::done(&self.bind(&handle, &address));
        let local = self.local_address(&handle);
        match local.inet() {
            Some(local) => assert_ne!(local.port(), 0, "the kernel chose no port"),
            None => assert_eq!(local, address),
        }
        (handle, local)
    }

    /// The address of a Unix socket in this stage's own directory.
    pub(crate) fn socket_path(&self, name: &str) -> Address {
        Address::unix(OsStr::from_bytes(self.path(name).as_bytes()))
    }

    /// A TCP socket bound to a port that the kernel chose, and its address.
    #[track_caller]
    pub(crate) fn bound(&mut self) -> (Handle, SocketAddr) {
        let (handle, address) = self.bound_as(SocketFamily::Ipv4, SocketKind::Stream, "");
        (handle, address.inet().expect("it has an internet address"))
    }

    /// A listening socket, and its address.
    #[track_caller]
    pub(crate) fn listen(&mut self, backlog: i32) -> (Handle, SocketAddr) {
        let (handle, address) = self.bound();
        expect::done(&self.run(Op::Listen { handle: handle.clone(), backlog }));
        (handle, address)
    }

    /// A connection between two sockets of this driver, made at a listener that has room.
    #[track_caller]
    pub(crate) fn connect_at(&mut self, listener: &Handle, address: &Address) -> (Handle, Handle) {
        let near = self.socket_of(address.family(), SocketKind::Stream);
        let connect = Op::Connect { handle: near.clone(), address: address.clone() };
        expect::done(&self.run(connect));
        let far = expect::opened(self.run(Op::Accept { handle: listener.clone() }));
        (near, far)
    }

    /// Sends a datagram, whole.
    #[track_caller]
    pub(crate) fn send_to(&mut self, handle: &Handle, data: &[u8], address: &Address) {
        let (data, to) = (Bytes::copy_from_slice(data), Box::new(address.clone()));
        let length = data.len();
        let send = Op::SendTo { handle: handle.clone(), data: data.into(), address: to };
        assert_eq!(expect::count(&self.run(send)), length, "a datagram is sent whole");
    }

    /// Receives a datagram that has room, and who sent it.
    #[track_caller]
    pub(crate) fn receive_from(&mut self, handle: &Handle) -> (Vec<u8>, Address) {
        let into = Fill::Own(Vec::with_capacity(64 << 10));
        let completion = self.run(Op::RecvFrom { handle: handle.clone(), into });
        let datagram = expect::datagram(&completion);
        assert_eq!(datagram.len, datagram.count, "it had room");
        (expect::buffer(completion).to_vec(), datagram.sender)
    }

    pub(crate) fn local_address(&mut self, handle: &Handle) -> Address {
        match self.acting() {
            Acting::Simulated(driver) => driver.local_address(handle).expect("it is a socket"),
            Acting::Real(_) => Address::local_of(handle).expect("it is a socket"),
        }
    }
}

impl Owed {
    fn by(op: &Op) -> Self {
        let handle = match op {
            Op::Close { .. } => None,
            _ => op.handle().map(Handle::id),
        };
        let buffer = match op {
            Op::Read { into, .. }
            | Op::ReadAt { into, .. }
            | Op::Recv { into, .. }
            | Op::RecvFrom { into, .. }
            | Op::ReadFile { into, .. } => match into {
                Fill::Own(vector) => OwedBuffer::Own(vector.clone()),
                Fill::Pool | Fill::Lease(_) => OwedBuffer::Pool,
            },
            Op::Write { data, .. } | Op::WriteAt { data, .. } | Op::WriteFile { data, .. } => {
                OwedBuffer::Data(data.clone())
            }
            Op::Send { data, .. } | Op::SendTo { data, .. } => match data {
                Data::Bytes(bytes) => OwedBuffer::Data(bytes.clone()),
                Data::Lease(lease) => OwedBuffer::Lease(lease.as_ptr() as usize, lease.len()),
            },
            Op::RecvMany { .. } => OwedBuffer::Pool,
            _ => OwedBuffer::None,
        };
        let is_multishot = matches!(op, Op::RecvMany { .. } | Op::AcceptMany { .. });
        Self { handle, buffer, name: op.name(), is_multishot }
    }

    fn assert_given_back(&self, completion: &Completion) {
        let handle = completion.returned.handle.as_ref().map(Handle::id);
        assert_eq!(handle, self.handle, "{}'s handle comes back", self.name);
        let given = &completion.returned.buffer;
        let comes_back = match (&self.buffer, given) {
            (OwedBuffer::None, None) => true,
            (OwedBuffer::Own(start), Some(Buffer::Own(vector))) => vector.starts_with(start),
            (OwedBuffer::Data(data), Some(Buffer::Data(given))) => {
                (data.as_ptr(), data.len()) == (given.as_ptr(), given.len())
            }
            (OwedBuffer::Lease(at, len), Some(Buffer::Lease(lease))) => {
                (lease.as_ptr() as usize, lease.len()) == (*at, *len)
            }
            (OwedBuffer::Pool, Some(Buffer::Lease(_))) => true,
            // Nothing was read, so that no buffer was needed.
            (OwedBuffer::Pool, None) => match &completion.result {
                Ok(Value::Datagram(datagram)) => datagram.count == 0,
                other => matches!(other, Err(_) | Ok(Value::Count(0))),
            },
            _ => false,
        };
        assert!(comes_back, "{}'s buffer comes back, not {given:?}", self.name);
    }
}
