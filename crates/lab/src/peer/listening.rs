//! Takes connections and starts what each of them needs.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use whywait::spawn;
use whywait::time::sleep;

use super::PeerAddress;
use crate::connection::{Connection, Listener};

/// How long to wait when a connection cannot be taken, as when there are no descriptors left:
/// others have to end first.
const BACK_OFF: Duration = Duration::from_millis(10);

/// Handles each connection by `handle`, as a task of its own. Gives the address.
///
/// # Errors
/// When the address cannot be told.
pub(super) fn listen<Fut>(
    listener: Listener,
    handle: impl Fn(Connection) -> Fut + 'static,
) -> io::Result<PeerAddress>
where
    Fut: Future<Output = ()> + 'static,
{
    let address = listener.address()?;
    let handle = Rc::new(handle);
    spawn(async move {
        loop {
            match listener.accept().await {
                Ok(connection) => {
                    // Without it small answers wait longer; nothing else depends on it.
                    let _ = connection.set_nodelay();
                    drop(spawn(handle(connection)));
                }
                Err(_) => sleep(BACK_OFF).await,
            }
        }
    });
    Ok(address)
}
