//! A peer over UDP: each datagram is a request, and each answer is a datagram.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use whywait::net::UdpSocket;
use whywait::spawn;
use whywait::time::sleep;
use whywait_plan::Reply;

use super::PeerAddress;
use super::emulated::Emulated;

/// More than any datagram has.
const LONGEST_BYTES: usize = 64 << 10;

/// How long to wait when nothing can be received, for reasons that pass.
const BACK_OFF: Duration = Duration::from_millis(10);

/// Answers datagrams at a free port of the loopback address, which it gives.
///
/// # Errors
/// What opening the socket failed with.
pub(super) async fn answer(peer: Rc<Emulated>) -> io::Result<PeerAddress> {
    let socket = Rc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into()).await?);
    let address = socket.local_address()?;
    let correspondents = Rc::new(RefCell::new(HashMap::new()));
    spawn(async move {
        let mut buffer = Vec::with_capacity(LONGEST_BYTES);
        loop {
            buffer.clear();
            let (received, back) = socket.recv_from(buffer).await;
            buffer = back;
            let Ok(received) = received else {
                // A port that is closed again is told at the next receive: udp(7).
                sleep(BACK_OFF).await;
                continue;
            };
            let answer = match peer.peer.reply {
                Reply::Echo => Bytes::copy_from_slice(&buffer),
                Reply::Content(_) => peer.given(),
            };
            if is_answered(&peer, &correspondents, received.sender, answer.len()) {
                drop(spawn(send(Rc::clone(&socket), Rc::clone(&peer), received.sender, answer)));
            }
        }
    });
    Ok(PeerAddress::Udp(address))
}

/// Whether the fault, if there is one, lets the peer send so many bytes more to this one.
fn is_answered(
    peer: &Emulated,
    sent: &RefCell<HashMap<SocketAddr, u64>>,
    to: SocketAddr,
    bytes: usize,
) -> bool {
    let Some(fault) = peer.peer.fault else { return true };
    let mut sent = sent.borrow_mut();
    let sent = sent.entry(to).or_default();
    *sent += bytes as u64;
    *sent <= fault.after_bytes()
}

/// Sends an answer after the peer's delay, and the time that its bandwidth makes of it.
async fn send(socket: Rc<UdpSocket>, peer: Rc<Emulated>, to: SocketAddr, answer: Bytes) {
    let transfer = peer
        .peer
        .bandwidth_bytes_per_s
        .map_or(0.0, |bandwidth| answer.len() as f64 / bandwidth.max(1) as f64);
    sleep(peer.peer.delay + Duration::from_secs_f64(transfer)).await;
    // Datagrams may be lost; whoever waits for one has a timeout.
    let _ = socket.send_to(answer, to).await;
}
