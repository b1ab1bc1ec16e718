//! Futures that are dropped at any moment lose nothing, under every driver.
//!
//! A receiver polls a future so many times, lets the worker go on for a while without it and drops
//! it, again and again. What it got in the end has to be all that was sent, in order.

use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixDatagram as StdDatagram;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseError, TestRunner};
use tempfile::TempDir;
use whywait_driver::simulated::{Act, Faults, Role, Script, Simulated};
use whywait_driver::{Address, Config, DRIVERS, Driver, Lease};

use super::{ExecutorConfig, OwnedExecutor};
use crate::fs::{self, File};
use crate::net::{TcpListener, TcpStream, UnixDatagram};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A future that takes so long waits for what was lost.
const HANG: Duration = Duration::from_secs(60);

/// How one future is treated.
#[derive(Clone, Copy, Debug)]
struct Treatment {
    /// Which of the calls makes it.
    call: u8,
    /// Bytes that it has room for.
    room: usize,
    /// Polls before it is left alone, each after a turn of the worker.
    polls: usize,
    /// Turns of the worker before it is dropped.
    turns: usize,
}

fn treatments() -> impl Strategy<Value = Vec<Treatment>> {
    let one = (0u8..3, 1usize..900, 0usize..70, 0usize..70);
    let one = one.prop_map(|(call, room, polls, turns)| Treatment { call, room, polls, turns });
    // The last one is left in peace, or nothing might ever come.
    let last = Treatment { call: 1, room: 500, polls: usize::MAX, turns: 0 };
    proptest::collection::vec(one, 1..40).prop_map(move |mut all| {
        all.push(last);
        all
    })
}

/// Lets the worker go on once.
async fn turn() {
    let mut came_back = false;
    poll_fn(|context| {
        if std::mem::replace(&mut came_back, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Treats a future as it is told, and drops it; gives its output if it came.
async fn treat<T>(treatment: Treatment, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let started = Instant::now();
    for _ in 0..treatment.polls {
        assert!(started.elapsed() < HANG, "what was lost never comes");
        let mut ready = None;
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                ready = Some(output);
            }
            Poll::Ready(())
        })
        .await;
        if ready.is_some() {
            return ready;
        }
        turn().await;
    }
    // Once more without a way to be woken: what comes now, nobody sees.
    let seen = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    if let Poll::Ready(output) = seen {
        return Some(output);
    }
    for _ in 0..treatment.turns {
        turn().await;
    }
    None
}

/// A worker, and others who speak to it.
struct Scene {
    executor: OwnedExecutor,
    /// Where a peer listens that sends the pieces to the first who connects.
    sender: SocketAddr,
    /// Whether all of this is in memory, and others are tasks of the same worker.
    is_simulated: bool,
}

/// Every driver, the simulated one with and without bad luck.
fn scenes(pieces: &[Vec<u8>], seed: u64) -> impl Iterator<Item = (&'static str, Scene)> {
    let worker = |driver: Box<dyn Driver>| OwnedExecutor::new(driver, ExecutorConfig::default());
    let real = DRIVERS.iter().map(move |kind| {
        let executor = worker(kind.open(&Config::default()).expect("it runs here"));
        let sender = real_sender(pieces.to_vec());
        (kind.name, Scene { executor, sender, is_simulated: false })
    });
    let faults = [("simulated", Faults::none()), ("simulated-gentle", Faults::gentle())];
    let simulated = faults.into_iter().map(move |(name, faults)| {
        let mut driver = Simulated::open(seed, faults, &Config::default()).expect("a descriptor");
        let send = pieces.iter().map(|piece| Act::Send(piece.clone().into()));
        let acts = send.chain([Act::Finish]).collect();
        let script = Script { role: Role::Listens, connections: 1, acts };
        let peer = driver.add_peer(script).expect("a port");
        let sender = driver.peer_address(peer).expect("it listens");
        (name, Scene { executor: worker(Box::new(driver)), sender, is_simulated: true })
    });
    real.chain(simulated)
}

fn real_sender(pieces: Vec<Vec<u8>>) -> SocketAddr {
    let listener = std::net::TcpListener::bind(LOOPBACK).expect("a port");
    let address = listener.local_addr().expect("it is bound");
    if !pieces.is_empty() {
        thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            pieces.iter().try_for_each(|piece| stream.write_all(piece))
        });
    }
    address
}

impl Scene {
    /// A path in the scene's own world.
    fn path(&self, directory: &TempDir, name: &str) -> PathBuf {
        if self.is_simulated { Path::new("/tmp").join(name) } else { directory.path().join(name) }
    }

    /// Where to listen. The simulated kernel would tell nobody which port it chose.
    fn address(&self) -> SocketAddr {
        SocketAddr::new(LOOPBACK.ip(), if self.is_simulated { 4000 } else { 0 })
    }

    fn address_of(&self, listener: &TcpListener) -> io::Result<SocketAddr> {
        if self.is_simulated { Ok(self.address()) } else { listener.local_address() }
    }

    /// Has somebody connect and say its number.
    fn connect(&self, address: SocketAddr, number: u8) {
        if self.is_simulated {
            drop(crate::spawn(async move {
                let stream = TcpStream::connect(address).await?;
                stream.send_all(vec![number]).await
            }));
        } else {
            thread::spawn(move || std::net::TcpStream::connect(address)?.write_all(&[number]));
        }
    }

    /// Has somebody send the datagrams to the socket at `path`.
    fn send_datagrams(&self, path: PathBuf, datagrams: Vec<Vec<u8>>) {
        if self.is_simulated {
            drop(crate::spawn(async move {
                let socket = UnixDatagram::unbound().await?;
                for datagram in datagrams {
                    socket.send_to(datagram, Address::unix(&path)).await?;
                }
                io::Result::Ok(())
            }));
        } else {
            thread::spawn(move || {
                let socket = StdDatagram::unbound()?;
                datagrams.iter().try_for_each(|datagram| socket.send_to(datagram, &path).map(drop))
            });
        }
    }
}

/// Receives to the end of the stream, each time by a future that is treated as the next in turn.
async fn receive_all(stream: &TcpStream, treatments: &[Treatment]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for treatment in treatments.iter().copied().cycle() {
        let received = match treatment.call {
            0 => {
                let received = stream.recv(Vec::with_capacity(treatment.room));
                treat(treatment, received).await.map(filled)
            }
            1 => treat(treatment, stream.recv_pooled()).await.map(copied),
            _ => treat(treatment, stream.recv_many().next()).await.map(copied),
        };
        match received.transpose()? {
            None => {}
            Some(bytes) if bytes.is_empty() => break,
            Some(bytes) => all.extend(bytes),
        }
    }
    Ok(all)
}

fn filled((result, vector): (io::Result<usize>, Vec<u8>)) -> io::Result<Vec<u8>> {
    result.map(|_| vector)
}

fn copied(lease: io::Result<Lease>) -> io::Result<Vec<u8>> {
    lease.map(|lease| lease.to_vec())
}

/// As `receive_all`, from a file's position.
async fn read_all(file: &File, treatments: &[Treatment]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for treatment in treatments.iter().copied().cycle() {
        let read = match treatment.call {
            0 => {
                let read = file.read(Vec::with_capacity(treatment.room));
                treat(treatment, read).await.map(filled)
            }
            _ => treat(treatment, file.read_pooled()).await.map(copied),
        };
        match read.transpose()? {
            None => {}
            Some(bytes) if bytes.is_empty() => break,
            Some(bytes) => all.extend(bytes),
        }
    }
    Ok(all)
}

/// Accepts this many connections, each by a future that is treated as the next in turn.
async fn accept_all(
    listener: &TcpListener,
    count: usize,
    treatments: &[Treatment],
) -> io::Result<Vec<TcpStream>> {
    let mut all = Vec::new();
    for treatment in treatments.iter().copied().cycle() {
        if all.len() == count {
            break;
        }
        let accepted = match treatment.call {
            0 | 1 => {
                let accepted = treat(treatment, listener.accept()).await;
                accepted.map(|accepted| accepted.map(|(stream, _)| stream))
            }
            _ => treat(treatment, listener.accept_many().next()).await,
        };
        all.extend(accepted.transpose()?);
    }
    Ok(all)
}

/// Receives this many datagrams, as `accept_all` accepts; gives the first byte of each.
async fn first_bytes(
    socket: &UnixDatagram,
    count: usize,
    treatments: &[Treatment],
) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for treatment in treatments.iter().copied().cycle() {
        if all.len() == count {
            break;
        }
        let room = || Vec::with_capacity(treatment.room);
        let received = match treatment.call {
            0 => treat(treatment, socket.recv(room())).await.map(filled),
            1 => treat(treatment, socket.recv_pooled()).await.map(copied),
            _ => {
                let received = treat(treatment, socket.recv_from(room())).await;
                received.map(|(result, vector)| result.map(|_| vector))
            }
        };
        all.extend(received.transpose()?.map(|datagram| datagram[0]));
    }
    Ok(all)
}

/// Runs `check` on some random inputs; each opens every driver.
fn check_with<S: Strategy>(input: S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(Cases { cases: 24, ..Cases::default() });
    runner.run(&input, check).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_dropped_receive_takes_no_bytes_with_it() {
    let piece = proptest::collection::vec(any::<u8>(), 1..700);
    let pieces = proptest::collection::vec(piece, 1..20);
    check_with((pieces, treatments(), any::<u64>()), |(pieces, treatments, seed)| {
        for (driver, scene) in scenes(&pieces, seed) {
            let received = scene.executor.block_on(async {
                let stream = TcpStream::connect(scene.sender).await?;
                receive_all(&stream, &treatments).await
            });
            let received = received.unwrap().unwrap_or_else(|error| panic!("{driver}: {error}"));
            prop_assert_eq!(received, pieces.concat(), "{}", driver);
        }
        Ok(())
    });
}

#[test]
fn a_dropped_read_takes_no_bytes_with_it() {
    let content = proptest::collection::vec(any::<u8>(), 1..20_000);
    check_with((content, treatments(), any::<u64>()), |(content, treatments, seed)| {
        let directory = tempfile::tempdir().unwrap();
        for (driver, scene) in scenes(&[], seed) {
            let path = scene.path(&directory, "file");
            let read = scene.executor.block_on(async {
                fs::write(&path, content.clone()).await?;
                read_all(&File::open(&path).await?, &treatments).await
            });
            let read = read.unwrap().unwrap_or_else(|error| panic!("{driver}: {error}"));
            prop_assert_eq!(&read, &content, "{}", driver);
        }
        Ok(())
    });
}

#[test]
fn a_dropped_accept_takes_no_connection_with_it() {
    check_with((1u8..20, treatments(), any::<u64>()), |(count, treatments, seed)| {
        for (driver, scene) in scenes(&[], seed) {
            let said = scene.executor.block_on(async {
                let listener = TcpListener::bind(scene.address()).await?;
                let address = scene.address_of(&listener)?;
                (0..count).for_each(|number| scene.connect(address, number));
                let mut said = Vec::new();
                for stream in accept_all(&listener, count.into(), &treatments).await? {
                    said.extend_from_slice(&stream.recv_pooled().await?);
                }
                io::Result::Ok(said)
            });
            let mut said = said.unwrap().unwrap_or_else(|error| panic!("{driver}: {error}"));
            said.sort_unstable();
            prop_assert_eq!(said, (0..count).collect::<Vec<_>>(), "{}", driver);
        }
        Ok(())
    });
}

#[test]
fn a_dropped_receive_takes_no_datagram_with_it() {
    let lengths = proptest::collection::vec(1usize..900, 1..30);
    check_with((lengths, treatments(), any::<u64>()), |(lengths, treatments, seed)| {
        let directory = tempfile::tempdir().unwrap();
        let numbered = |(number, length): (usize, &usize)| vec![number as u8; *length];
        let datagrams: Vec<Vec<u8>> = lengths.iter().enumerate().map(numbered).collect();
        for (driver, scene) in scenes(&[], seed) {
            let path = scene.path(&directory, driver);
            let numbers = scene.executor.block_on(async {
                let socket = UnixDatagram::bind(&path).await?;
                scene.send_datagrams(path, datagrams.clone());
                first_bytes(&socket, datagrams.len(), &treatments).await
            });
            let numbers = numbers.unwrap().unwrap_or_else(|error| panic!("{driver}: {error}"));
            prop_assert_eq!(numbers, (0..datagrams.len() as u8).collect::<Vec<_>>(), "{}", driver);
        }
        Ok(())
    });
}
