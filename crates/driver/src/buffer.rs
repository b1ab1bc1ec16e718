//! The memory that an op owns while it is in flight.

use std::ops::Deref;

use bytes::Bytes;

use crate::Lease;

/// Where an op that reads puts what it read.
#[derive(Debug)]
pub enum Fill {
    /// Appends to the spare capacity of this vector; without any the op is an `EINVAL`.
    Own(Vec<u8>),
    /// Takes a buffer from the driver's pool when there is something to read: an op that waits
    /// holds no memory. Comes back as [`Buffer::Lease`].
    Pool,
    /// A buffer of the pool that the driver has put in [`Fill::Pool`]'s place.
    Lease(Lease),
}

/// An op's buffer, given back with its completion.
#[derive(Debug)]
pub enum Buffer {
    /// The vector of [`Fill::Own`], longer by what was read.
    Own(Vec<u8>),
    /// A buffer of the driver's pool, holding what was read.
    Lease(Lease),
    /// The bytes of an op that writes, as they were.
    Data(Bytes),
}

impl Buffer {
    /// The vector, if the op was given one.
    #[must_use]
    pub fn into_own(self) -> Option<Vec<u8>> {
        match self {
            Self::Own(vector) => Some(vector),
            Self::Lease(_) | Self::Data(_) => None,
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(vector) => vector,
            Self::Lease(lease) => lease,
            Self::Data(data) => data,
        }
    }
}

impl Fill {
    /// The buffer to give back: none for a pool's that was never needed.
    #[must_use]
    pub fn into_buffer(self) -> Option<Buffer> {
        match self {
            Self::Own(vector) => Some(Buffer::Own(vector)),
            Self::Lease(lease) => Some(Buffer::Lease(lease)),
            Self::Pool => None,
        }
    }
}
