//! Where a socket is, or whom it speaks to.
//!
//! Left out on purpose: names that have to be looked up, and families that no op opens.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix};

use crate::{SocketFamily, counted_call};

/// Bytes of `struct sockaddr_un`. The kernel gives one more for a path that leaves no room for
/// its NUL (`unix(7)`, "BUGS").
const UNIX_ADDRESS_BYTES: u32 = 110;

/// Bytes of the longest path of a socket, without its NUL.
const LONGEST_PATH_BYTES: usize = 107;

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// An internet address and port.
    Inet(SocketAddr),
    /// A Unix socket in the filesystem. Binding makes the file and closing leaves it there;
    /// at most 107 bytes (`unix(7)`).
    Path(Box<Path>),
    /// A Unix socket in Linux's abstract namespace, which has no file.
    Abstract(Box<[u8]>),
    /// A Unix socket without a name, such as one that connects. Whom it is bound to gets an
    /// abstract name from the kernel.
    Unnamed,
}

impl Address {
    /// The address of the Unix socket at `path`.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::Path(path.as_ref().into())
    }

    /// The address that a socket has: `getsockname(2)`. A Unix socket may have none.
    ///
    /// # Errors
    /// What `getsockname(2)` said, or `EAFNOSUPPORT` for a family that no op opens.
    pub fn local_of(socket: impl AsFd) -> io::Result<Self> {
        Ok(Self::from_any(Some(counted_call(|| rustix::net::getsockname(socket))?))?)
    }

    /// The address that a socket is connected to: `getpeername(2)`.
    ///
    /// # Errors
    /// What `getpeername(2)` said, or `EAFNOSUPPORT` for a family that no op opens.
    pub fn peer_of(socket: impl AsFd) -> io::Result<Self> {
        Ok(Self::from_any(counted_call(|| rustix::net::getpeername(socket))?)?)
    }

    /// The internet address, if it is one.
    #[must_use]
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => None,
        }
    }

    /// The path in the filesystem, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Inet(_) | Self::Abstract(_) | Self::Unnamed => None,
        }
    }

    /// The family of sockets that can have this address.
    #[must_use]
    pub fn family(&self) -> SocketFamily {
        match self {
            Self::Inet(SocketAddr::V4(_)) => SocketFamily::Ipv4,
            Self::Inet(SocketAddr::V6(_)) => SocketFamily::Ipv6,
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => SocketFamily::Unix,
        }
    }

    /// The address as the kernel takes it.
    ///
    /// # Errors
    /// `ENAMETOOLONG` for a Unix name that does not fit, `EINVAL` for a path that is empty or
    /// has a NUL in it.
    pub(crate) fn to_any(&self) -> rustix::io::Result<SocketAddrAny> {
        Ok(match self {
            Self::Inet(address) => address.as_any(),
            Self::Path(path) if path.as_os_str().is_empty() => return Err(Errno::INVAL),
            // One that filled the structure would have no NUL to show where it ends.
            Self::Path(path) if path.as_os_str().len() > LONGEST_PATH_BYTES => {
                return Err(Errno::NAMETOOLONG);
            }
            Self::Path(path) => SocketAddrUnix::new(&**path)?.as_any(),
            Self::Abstract(name) => SocketAddrUnix::new_abstract_name(name)?.as_any(),
            Self::Unnamed => SocketAddrUnix::new_unnamed().as_any(),
        })
    }

    /// The address that the kernel gave; sockets without one have none.
    ///
    /// # Errors
    /// `EAFNOSUPPORT` for a family that no op opens.
    pub(crate) fn from_any(given: Option<SocketAddrAny>) -> rustix::io::Result<Self> {
        let Some(given) = given else { return Ok(Self::Unnamed) };
        match given.address_family() {
            AddressFamily::INET => Ok(Self::Inet(SocketAddrV4::try_from(given)?.into())),
            AddressFamily::INET6 => Ok(Self::Inet(SocketAddrV6::try_from(given)?.into())),
            // A name that the structure has no room for can be somebody else's, not ours.
            AddressFamily::UNIX if given.addr_len() > UNIX_ADDRESS_BYTES => Ok(Self::Unnamed),
            AddressFamily::UNIX => Ok(Self::from_unix(&SocketAddrUnix::try_from(given)?)),
            _ => Err(Errno::AFNOSUPPORT),
        }
    }

    fn from_unix(given: &SocketAddrUnix) -> Self {
        match (given.path_bytes(), given.abstract_name()) {
            (Some(path), _) => Self::unix(OsStr::from_bytes(path)),
            (None, Some(name)) if !name.is_empty() => Self::Abstract(name.into()),
            _ => Self::Unnamed,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
            // As /proc/net/unix shows it.
            Self::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
            Self::Unnamed => f.write_str("(unnamed)"),
        }
    }
}
