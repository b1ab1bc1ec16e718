//! UDP and Unix sockets under every model that runs on one worker.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use whywait::net::{Address, BindShare, Listen, TcpListener, TcpStream};
use whywait::net::{UdpSocket, UnixDatagram, UnixListener, UnixStream};
use whywait::{MODELS, Runtime, WorkersKind, time};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn under_every_driver<F: Future<Output = io::Result<()>>>(program: impl Fn() -> F) {
    for row in MODELS.iter().filter(|row| row.workers == WorkersKind::One) {
        let runtime = Runtime::new(row.name.parse().expect("it is a model"));
        let runtime = runtime.unwrap_or_else(|error| panic!("{}: {error}", row.name));
        runtime.block_on(program()).unwrap_or_else(|error| panic!("{}: {error}", row.name));
    }
}

#[test]
fn datagrams_by_udp_come_with_their_sender() {
    under_every_driver(|| async {
        let (near, far) = (UdpSocket::bind(ANY).await?, UdpSocket::bind(ANY).await?);
        let (near_at, far_at) = (near.local_address()?, far.local_address()?);
        assert_eq!(near.send_to("question", far_at).await?, 8);
        let (received, buffer) = far.recv_from(Vec::with_capacity(4)).await;
        let received = received?;
        assert_eq!((received.count, received.len, received.sender), (4, 8, near_at));
        assert_eq!(buffer, b"ques");

        far.connect(near_at).await?;
        far.send("").await?;
        far.send("answer").await?;
        let (lease, received) = near.recv_from_pooled().await?;
        assert_eq!((lease.len(), received.len, received.sender), (0, 0, far_at));
        assert_eq!(*near.recv_pooled().await?, *b"answer");
        near.close().await
    });
}

#[test]
fn a_receive_of_a_datagram_can_be_given_up() {
    under_every_driver(|| async {
        let (near, far) = (UdpSocket::bind(ANY).await?, UdpSocket::bind(ANY).await?);
        let waiting = time::timeout(Duration::from_millis(10), far.recv_from_pooled()).await;
        assert!(waiting.is_err(), "nobody has sent anything");
        near.send_to("kept", far.local_address()?).await?;
        assert_eq!(far.recv(Vec::with_capacity(10)).await.1, b"kept");
        Ok(())
    });
}

/// The operation goes on after the one wait that had a limit.
#[test]
fn a_receive_outlives_the_time_limit_of_whoever_waited_for_it() {
    under_every_driver(|| async {
        let listener = TcpListener::bind(ANY).await?;
        let near = TcpStream::connect(listener.local_address()?).await?;
        let (mut far, _) = listener.accept().await?;
        let limit = Duration::from_millis(10);
        let mut incoming = far.recv_many();
        assert!(time::timeout(limit, incoming.next()).await.is_err(), "nobody has sent anything");
        time::sleep(2 * limit).await;
        near.send_all("late").await?;
        assert_eq!(*incoming.next().await?, *b"late");
        drop(incoming);

        let mut buffer = [0; 10];
        let waiting = time::timeout(limit, far.read(&mut buffer)).await;
        assert!(waiting.is_err(), "nobody has sent anything more");
        time::sleep(2 * limit).await;
        near.send_all("later").await?;
        assert_eq!(far.read(&mut buffer).await?, 5);
        Ok(())
    });
}

#[test]
fn unix_sockets_carry_datagrams_and_streams() {
    under_every_driver(|| async {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("datagrams");
        let (near, far) = (UnixDatagram::unbound().await?, UnixDatagram::bind(&path).await?);
        near.send_to("hello", Address::unix(&path)).await?;
        let (lease, received) = far.recv_from_pooled().await?;
        assert_eq!((&*lease, received.sender), (&b"hello"[..], Address::Unnamed));

        let path = directory.path().join("stream");
        let listener = UnixListener::bind(&path).await?;
        assert_eq!(listener.local_address()?, Address::unix(&path));
        let in_use = UnixListener::bind(&path).await.expect_err("the path exists");
        assert_eq!(in_use.kind(), io::ErrorKind::AddrInUse);
        // A connect needs nobody who accepts, while there is room.
        let near = UnixStream::connect(&path).await?;
        let (far, _) = listener.accept().await?;
        assert_eq!(near.peer_address()?, Address::unix(&path));
        near.send_all("question").await?;
        far.send_all(far.recv_pooled().await?).await?;
        assert_eq!(near.recv(Vec::with_capacity(100)).await.1, b"question");
        far.close().await?;
        assert!(near.recv_pooled().await?.is_empty(), "the end of the stream");
        Ok(())
    });
}

#[test]
fn a_unix_stream_is_read_and_written_by_the_futures_traits() {
    under_every_driver(|| async {
        let name = format!("whywait-test-{}", std::process::id());
        let address = Address::Abstract(name.into_bytes().into());
        let listener = UnixListener::bind_with(address.clone(), Listen::default()).await?;
        let mut near = UnixStream::connect_to(address).await?;
        let (mut far, _) = listener.accept().await?;
        near.write_all(b"question").await?;
        near.close().await?;
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await?;
        assert_eq!(heard, b"question");
        Ok(())
    });
}

#[test]
fn listeners_share_a_port_only_if_both_ask_for_it() {
    under_every_driver(|| async {
        let shared = Listen { share: BindShare::WithOthers, ..Listen::default() };
        let first = TcpListener::bind_with(ANY, shared).await?;
        let address = first.local_address()?;
        let second = TcpListener::bind_with(address, shared).await?;
        assert_eq!(second.local_address()?, address);
        let alone = TcpListener::bind(address).await.expect_err("others have the port");
        assert_eq!(alone.kind(), io::ErrorKind::AddrInUse);
        assert_eq!(TcpStream::connect(address).await?.peer_address()?, address);
        Ok(())
    });
}
