//! A peer that comes: connects to a flow, sends its request, and reads what the flow sends.

use std::io;

use whywait::time::sleep;

use super::PeerAddress;
use super::answer::Answer;
use super::conversation::part;
use super::delivery::Delivery;
use super::emulated::Emulated;
use super::strike::strike;
use crate::connection::Connection;

/// Visits the flow that listens at `address`.
///
/// # Errors
/// What connecting, sending or receiving failed with; the flow learns it at its own end.
pub(super) async fn visit(address: &PeerAddress, peer: &Emulated) -> io::Result<()> {
    let connection = Connection::to(address).await?;
    connection.set_nodelay()?;
    sleep(peer.peer.delay).await;
    let greeting = Answer::Given(peer.greeting.clone());
    match Delivery::of(&peer.peer).send(&connection, &[], &greeting).await? {
        Some(fault) => strike(connection, fault).await,
        None => part(&connection).await?,
    }
    Ok(())
}
