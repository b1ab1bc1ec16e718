//! The memory that an op owns while it is in flight.

use std::ops::Deref;

use bytes::{Buf, Bytes};

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

/// What an op sends.
#[derive(Debug)]
pub enum Data {
    /// Bytes that may have other owners too.
    Bytes(Bytes),
    /// What a driver lent, such as what was received before: it is sent without being copied.
    Lease(Lease),
}

impl Data {
    /// Leaves out the first `count` bytes from here on: all of them, if there are not so many.
    pub fn advance(&mut self, count: usize) {
        match self {
            Self::Bytes(bytes) => bytes.advance(count.min(bytes.len())),
            Self::Lease(lease) => lease.advance(count),
        }
    }
}

/// Nothing.
impl Default for Data {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Lease(lease) => lease,
        }
    }
}

impl From<Lease> for Data {
    fn from(lease: Lease) -> Self {
        Self::Lease(lease)
    }
}

impl<T: Into<Bytes>> From<T> for Data {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Data> for Buffer {
    fn from(data: Data) -> Self {
        match data {
            Data::Bytes(bytes) => Self::Data(bytes),
            Data::Lease(lease) => Self::Lease(lease),
        }
    }
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
