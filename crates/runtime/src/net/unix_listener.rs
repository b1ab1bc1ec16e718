//! A Unix socket that accepts connections.

use std::io;
use std::path::Path;

use whywait_driver::{Address, Handle, Op, Value};

use super::UnixStream;
use super::listen::{self, Listen};
use crate::wait;

/// A Unix socket that accepts connections.
///
/// ```
/// use whywait::{Runtime, join, net::{UnixListener, UnixStream}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let path = directory.path().join("socket");
/// let answer = Runtime::new("epoll".parse()?)?.block_on(async {
///     let listener = UnixListener::bind(&path).await?;
///     let (near, accepted) = join(UnixStream::connect(&path), listener.accept()).await;
///     let (near, (far, _)) = (near?, accepted?);
///     near.send_all("hello").await?;
///     far.send_all(far.recv_pooled().await?).await?;
///     std::io::Result::Ok(near.recv_pooled().await?.to_vec())
/// })?;
/// assert_eq!(answer, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnixListener {
    handle: Handle,
}

impl UnixListener {
    /// Listens at `path`, which must not exist and stays after it.
    ///
    /// # Errors
    /// What `socket(2)`, `bind(2)` or `listen(2)` said.
    pub async fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_with(Address::unix(path), Listen::default()).await
    }

    /// Listens at `address`, a path or an abstract name, as `listen` says.
    ///
    /// # Errors
    /// What `socket(2)`, `bind(2)` or `listen(2)` said; `EOPNOTSUPP` for an address to be shared.
    pub async fn bind_with(address: Address, listen: Listen) -> io::Result<Self> {
        Ok(Self { handle: listen::at(address, listen).await? })
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// What `getsockname(2)` said.
    pub fn local_address(&self) -> io::Result<Address> {
        Address::local_of(&self.handle)
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// What `accept4(2)` said.
    pub async fn accept(&self) -> io::Result<(UnixStream, Address)> {
        match wait::completion(Op::Accept { handle: self.handle.clone() }).await.result? {
            Value::Accepted(handle, peer) => Ok((UnixStream::new(handle), peer)),
            other => Err(wait::unexpected(&other)),
        }
    }
}
