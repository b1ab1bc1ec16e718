//! Load on a server: a few clients that ask and read the answer, again and again.
//!
//! Left out on purpose: speed. A diagnosis needs a server that has something to do, and is the same
//! for a hundred requests a second as for a hundred thousand.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::processes::eventually;

/// How many clients ask at the same time: no more than servers have workers here, so that those
/// wait for connections too.
const CLIENTS: usize = 2;

/// How long a client rests between two connections.
const REST: Duration = Duration::from_millis(3);

/// How long a client waits for an answer before the test has failed.
const HANG: Duration = Duration::from_secs(60);

/// What clients say.
#[derive(Clone, Copy)]
pub(crate) struct Conversation {
    /// What is asked.
    pub(crate) request: &'static [u8],
    /// How every answer ends, and nothing else in it.
    pub(crate) answer_end: &'static [u8],
    /// How many questions are asked by one connection.
    pub(crate) questions: usize,
}

/// Clients that ask until they are told to stop, or until this is dropped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    /// Connections that were there from beginning to end.
    done: Arc<AtomicU64>,
    clients: Vec<JoinHandle<u64>>,
}

impl Load {
    /// Starts to ask a server that listens.
    pub(crate) fn start(address: SocketAddr, conversation: Conversation) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let done = Arc::new(AtomicU64::new(0));
        let client = |_| {
            let (stop, done) = (stop.clone(), done.clone());
            thread::spawn(move || {
                let mut answers = 0;
                while !stop.load(Ordering::Relaxed) {
                    answers += converse(address, &conversation, &stop);
                    done.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(REST);
                }
                answers
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, done, clients }
    }

    /// How many connections have come to their end until now.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Stops, once it is known that every client got answers; the server still runs.
    #[track_caller]
    pub(crate) fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let clients = std::mem::take(&mut self.clients);
        let answers: Vec<u64> =
            clients.into_iter().map(|client| client.join().expect("answers")).collect();
        assert!(answers.iter().all(|answers| *answers > 0), "answers of each client: {answers:?}");
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Has one connection for some questions, and counts the answers.
fn converse(address: SocketAddr, conversation: &Conversation, stop: &AtomicBool) -> u64 {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(HANG)).expect("a time limit");
    stream.set_nodelay(true).expect("a socket option");
    let mut answers = 0;
    for _ in 0..conversation.questions {
        stream.write_all(conversation.request).expect("the server reads");
        let mut answer = Vec::new();
        let mut some = [0; 4096];
        while !answer.ends_with(conversation.answer_end) {
            let count = stream.read(&mut some).expect("the server answers");
            assert!(count > 0, "the server ends the connection: {}", answer.escape_ascii());
            answer.extend_from_slice(&some[..count]);
        }
        answers += 1;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    answers
}

/// An address on loopback at which nobody listens.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its address")
}

/// Waits until somebody listens there.
#[track_caller]
pub(crate) fn wait_until_listening(address: SocketAddr) {
    eventually("a server that listens", || TcpStream::connect(address).is_ok());
}
