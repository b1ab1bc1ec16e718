//! A server on loopback that answers well, badly or not at all, by the path that is asked for.
//!
//! It is written over std alone, so that it shares no mistake with the program under test.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use whywait::tls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that runs until it is dropped.
pub(crate) struct WebServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    acceptor: Option<JoinHandle<()>>,
}

impl WebServer {
    /// Starts one; over TLS if there is a configuration.
    pub(crate) fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicUsize::new(0));
        let (over, count) = (Arc::clone(&is_over), Arc::clone(&asked));
        let acceptor = thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let (tls, over) = (tls.clone(), Arc::clone(&over));
                // Nobody is told how a conversation ends that is meant to end badly.
                thread::spawn(move || drop(talk(stream, tls, &over)));
            }
        });
        Self { address, is_over, asked, acceptor: Some(acceptor) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().expect("the acceptor does not panic");
        }
    }
}

/// What is at `/ok/N`: N bytes, which depend on N.
pub(crate) fn body(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 31 + length) as u8).collect()
}

fn talk(stream: TcpStream, tls: Option<Arc<ServerConfig>>, is_over: &AtomicBool) -> io::Result<()> {
    match tls {
        None => answer(stream, is_over),
        Some(config) => {
            let session = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(session, stream);
            answer(&mut stream, is_over)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn answer(mut stream: impl Read + Write, is_over: &AtomicBool) -> io::Result<()> {
    let path = asked_for(&mut stream)?;
    let mut words = path.trim_start_matches('/').split('/');
    let (what, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let number: usize = rest.parse().unwrap_or_default();
    match what {
        "ok" => respond(&mut stream, number, &body(number)),
        "chunked" => stream.write_all(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        ),
        "redirect" if number > 0 => redirect(&mut stream, &format!("{}", number - 1)),
        "redirect" => redirect(&mut stream, "../ok/100"),
        "to" => redirect(&mut stream, &path["/to/".len()..]),
        "garbage" => stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\nnot at all\r\n\r\n"),
        "too-short" => respond(&mut stream, 100, &body(10)),
        "too-long" => respond(&mut stream, 10, &body(100)),
        "stall" => {
            respond(&mut stream, 100, &body(10))?;
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        "hang-up" => Ok(()),
        _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    }
}

/// Reads the request's head; gives its path.
fn asked_for(stream: &mut impl Read) -> io::Result<String> {
    // A byte at a time, so that nothing behind the head is taken.
    let mut head = BufReader::with_capacity(1, stream);
    let mut first = String::new();
    head.read_line(&mut first)?;
    let mut line = first.clone();
    while line.trim_end() != "" {
        line.clear();
        head.read_line(&mut line)?;
    }
    Ok(first.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn respond(stream: &mut impl Write, announced: usize, body: &[u8]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {announced}\r\n\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}

fn redirect(stream: &mut impl Write, to: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}
