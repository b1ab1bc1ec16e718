//! Listening, by any driver.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use whywait_driver::{Address, BindShare, Handle, Op, SocketKind, Value};

use crate::executor::Executor;
use crate::net::{self, Listen};
use crate::{Error, wait};

/// Opens a socket that listens at `address`, in the mode that the executor's driver wants.
pub(super) fn listen(
    executor: &Rc<Executor>,
    address: SocketAddr,
    backlog: i32,
    share: BindShare,
) -> Result<Handle, Error> {
    let listened = executor.block_on(net::listen::at(address.into(), Listen { backlog, share }))?;
    listened.map_err(|source| Error::Listen { address, source })
}

/// Takes an address for several sockets that will listen there, without listening itself: while it
/// is open, the port is theirs, also where 0 was asked for.
pub(super) fn reserve(executor: &Rc<Executor>, address: SocketAddr) -> Result<Handle, Error> {
    let bound = net::socket::bound(SocketKind::Stream, address.into(), BindShare::WithOthers);
    executor.block_on(bound)?.map_err(|source| Error::Listen { address, source })
}

/// The address that a socket has; `asked` is what it was asked to have.
pub(super) fn address_of(handle: &Handle, asked: SocketAddr) -> Result<SocketAddr, Error> {
    let address = Address::local_of(handle).and_then(net::socket::inet);
    address.map_err(|source| Error::Listen { address: asked, source })
}

/// Takes the next connection.
pub(super) async fn accept(listener: &Handle) -> io::Result<Handle> {
    match wait::completion(Op::Accept { handle: listener.clone() }).await.result? {
        Value::Accepted(connection, _) => Ok(connection),
        other => Err(wait::unexpected(&other)),
    }
}
