//! A peer that is there, over TCP or a Unix socket: takes requests and answers them.

use std::io;

use bytes::Bytes;
use whywait::time::sleep;
use whywait_plan::{Fault, Reply, Request};

use super::answer::Answer;
use super::delivery::Delivery;
use super::emulated::Emulated;
use super::requests::Requests;
use super::strike::strike;
use crate::connection::Connection;

/// Answers the requests on a connection until the flow ends what it sends, or the fault strikes.
///
/// # Errors
/// What receiving or sending failed with; the flow learns it at its own end.
pub(super) async fn converse(connection: Connection, peer: &Emulated) -> io::Result<()> {
    let struck = match (&peer.peer.reply, &peer.peer.request) {
        (Reply::Echo, _) => echo(&connection, peer).await?,
        (Reply::Content(_), Some(request)) => answer_each(&connection, peer, request).await?,
        (Reply::Content(_), None) => answer_first(&connection, peer).await?,
    };
    if let Some(fault) = struck {
        strike(connection, fault).await;
    }
    Ok(())
}

async fn echo(connection: &Connection, peer: &Emulated) -> io::Result<Option<Fault>> {
    let mut delivery = Delivery::of(&peer.peer);
    loop {
        let received = connection.recv().await?;
        if received.is_empty() {
            return Ok(None);
        }
        sleep(peer.peer.delay).await;
        let answer = Answer::Given(Bytes::copy_from_slice(&received));
        if let Some(fault) = delivery.send(connection, &[], &answer).await? {
            return Ok(Some(fault));
        }
    }
}

async fn answer_each(
    connection: &Connection,
    peer: &Emulated,
    request: &Request,
) -> io::Result<Option<Fault>> {
    let mut delivery = Delivery::of(&peer.peer);
    let mut requests = Requests::default();
    while requests.next(connection, request).await? {
        sleep(peer.peer.delay).await;
        if let Some(fault) = delivery.send(connection, &[], &peer.reply()).await? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

/// Takes whatever comes first for the one request.
async fn answer_first(connection: &Connection, peer: &Emulated) -> io::Result<Option<Fault>> {
    if connection.recv().await?.is_empty() {
        return Ok(None);
    }
    sleep(peer.peer.delay).await;
    let mut delivery = Delivery::of(&peer.peer);
    if let Some(fault) = delivery.send(connection, &[], &peer.reply()).await? {
        return Ok(Some(fault));
    }
    part(connection).await?;
    Ok(None)
}

/// Ends what the peer sends, and reads until the flow ends what it sends.
pub(super) async fn part(connection: &Connection) -> io::Result<()> {
    connection.shutdown_write().await?;
    while !connection.recv().await?.is_empty() {}
    Ok(())
}
