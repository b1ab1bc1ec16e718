//! A peer over HTTP: a small, strict HTTP/1.1 origin that answers GET.
//!
//! The body depends on the path that was asked for. Connections are kept until the flow ends
//! them, or asks for the end. Left out on purpose: every other method, ranges, compression,
//! HTTP/2.

use std::io;

use bytes::Bytes;
use whywait::time::sleep;
use whywait_plan::{Peer, Reply};

use super::answer::Answer;
use super::conversation::part;
use super::delivery::Delivery;
use super::request_head::{Refusal, RequestHead, TOO_LARGE};
use super::requests::Requests;
use super::strike::strike;
use crate::connection::Connection;

/// The longest request head that is read.
const HEAD_BYTES: usize = 16 << 10;

/// Answers the requests on a connection.
///
/// # Errors
/// What receiving or sending failed with; the flow learns it at its own end.
pub(super) async fn serve(connection: Connection, peer: &Peer) -> io::Result<()> {
    let mut requests = Requests::default();
    let mut delivery = Delivery::of(peer);
    loop {
        let head = match next_head(&mut requests, &connection).await? {
            None => return Ok(()),
            Some(Ok(head)) => head,
            Some(Err(refusal)) => return refuse(&connection, refusal).await,
        };
        sleep(peer.delay).await;
        let answer = answer(peer, &head.target);
        let header = header(answer.len(), head.closes);
        if let Some(fault) = delivery.send(&connection, header.as_bytes(), &answer).await? {
            strike(connection, fault).await;
            return Ok(());
        }
        if head.closes {
            return part(&connection).await;
        }
    }
}

/// The next request's head; none when there is no more.
async fn next_head(
    requests: &mut Requests,
    connection: &Connection,
) -> io::Result<Option<Result<RequestHead, Refusal>>> {
    let head = requests.ended(connection, b"\r\n\r\n", HEAD_BYTES).await?;
    Ok(match head {
        Some(head) => Some(RequestHead::parse(&head)),
        None if requests.holds_over(HEAD_BYTES) => Some(Err(TOO_LARGE)),
        None => None,
    })
}

fn answer(peer: &Peer, target: &str) -> Answer {
    match &peer.reply {
        Reply::Echo => Answer::Given(Bytes::copy_from_slice(target.as_bytes())),
        Reply::Content(content) => Answer::body(target, content.len() as u64),
    }
}

fn header(length: u64, closes: bool) -> String {
    let close = if closes { "connection: close\r\n" } else { "" };
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
         content-length: {length}\r\n{close}\r\n"
    )
}

async fn refuse(connection: &Connection, refusal: Refusal) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {refusal}\r\nallow: GET\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    connection.send_all(Bytes::from(answer)).await?;
    part(connection).await
}
