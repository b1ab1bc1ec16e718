//! What a peer's fault does to a connection.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use whywait::time::sleep;
use whywait_plan::Fault;

use crate::connection::Connection;

/// How often a stalled connection is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long a stalled connection is kept once the flow has ended what it sends. That it has gone
/// altogether looks the same from here, so it cannot be kept for as long as the flow may wait.
const KEPT: Duration = Duration::from_secs(60);

/// Does to a connection what the fault says; comes back when the connection may go.
pub(super) async fn strike(connection: Connection, fault: Fault) {
    match fault {
        // When it cannot be reset it is closed, which the flow sees as well.
        Fault::ResetAfter(_) => drop(connection.reset()),
        Fault::CloseAfter(_) => drop(connection),
        Fault::StallAfter(_) => stall(&connection).await,
    }
}

/// Neither sends nor reads, and keeps the connection while the flow may be there.
async fn stall(connection: &Connection) {
    let mut kept = Duration::ZERO;
    while kept < KEPT {
        sleep(LOOK).await;
        let flags = look(connection);
        if flags.intersects(PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        if flags.contains(PollFlags::RDHUP) {
            kept += LOOK;
        }
    }
}

/// What has happened to a connection so far.
fn look(connection: &Connection) -> PollFlags {
    let mut watched = [PollFd::new(connection, PollFlags::RDHUP)];
    match poll(&mut watched, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(_) => watched[0].revents(),
        Err(_) => PollFlags::empty(),
    }
}
