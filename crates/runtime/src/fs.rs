//! Files under any model.
//!
//! Reads and writes own their memory while they are in flight: a buffer goes in and comes back.
//! Left out on purpose: buffering and seeking; `read_at` and `write_at` name their place.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bytes::Bytes;
use whywait_driver::{Buffer, Fill, Handle, Op, Value};
pub use whywait_driver::{FileKind, Lease, OpenMode, Stat};

use crate::wait;

/// Reads a whole file, as one operation.
///
/// # Errors
/// What `open(2)` or `read(2)` said.
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let op = Op::ReadFile { path: c_path(path.as_ref())?, into: Fill::Own(Vec::new()) };
    let (count, buffer) = wait::transferred(op).await;
    count?;
    Ok(buffer.and_then(Buffer::into_own).unwrap_or_default())
}

/// Reads a whole file into a buffer of the driver's pool, as one operation.
///
/// # Errors
/// What `open(2)` or `read(2)` said.
pub async fn read_pooled(path: impl AsRef<Path>) -> io::Result<Lease> {
    let op = Op::ReadFile { path: c_path(path.as_ref())?, into: Fill::Pool };
    wait::leased(op).await
}

/// Makes or empties a file and writes all of `data`, as one operation.
///
/// # Errors
/// What `open(2)` or `write(2)` said.
pub async fn write(path: impl AsRef<Path>, data: impl Into<Bytes>) -> io::Result<()> {
    let op = Op::WriteFile { path: c_path(path.as_ref())?, data: data.into() };
    wait::transferred(op).await.0.map(drop)
}

/// Tells what a path names, following links.
///
/// # Errors
/// What `statx(2)` said.
pub async fn stat(path: impl AsRef<Path>) -> io::Result<Stat> {
    let op = Op::Stat { path: c_path(path.as_ref())? };
    match wait::completion(op).await.result? {
        Value::Stat(stat) => Ok(stat),
        other => Err(wait::unexpected(&other)),
    }
}

/// Makes a directory.
///
/// # Errors
/// What `mkdirat(2)` said.
pub async fn mkdir(path: impl AsRef<Path>) -> io::Result<()> {
    wait::done(Op::Mkdir { path: c_path(path.as_ref())? }).await
}

/// Removes a file.
///
/// # Errors
/// What `unlinkat(2)` said.
pub async fn unlink(path: impl AsRef<Path>) -> io::Result<()> {
    wait::done(Op::Unlink { path: c_path(path.as_ref())? }).await
}

/// An open file. Dropping it closes it without waiting for its operations, which hold it until
/// they end.
#[derive(Debug)]
pub struct File {
    handle: Handle,
}

impl File {
    /// Opens an existing file for reading.
    ///
    /// # Errors
    /// What `openat(2)` said.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_as(path, OpenMode::Read).await
    }

    /// Makes or empties a file, for reading and writing.
    ///
    /// # Errors
    /// What `openat(2)` said.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_as(path, OpenMode::Create).await
    }

    /// Opens a file as `mode` says.
    ///
    /// # Errors
    /// What `openat(2)` said.
    pub async fn open_as(path: impl AsRef<Path>, mode: OpenMode) -> io::Result<Self> {
        let op = Op::Open { path: c_path(path.as_ref())?, mode };
        Ok(Self { handle: wait::opened(op).await? })
    }

    /// Reads at the file's position into `buffer`'s spare capacity; 0 bytes are its end.
    ///
    /// # Errors
    /// What `read(2)` said, or `EINVAL` for a buffer without spare capacity. The buffer comes
    /// back in any case.
    pub async fn read(&self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        wait::own(Op::Read { handle: self.handle.clone(), into: Fill::Own(buffer) }).await
    }

    /// Reads at the file's position into a buffer of the driver's pool; an empty one is the
    /// file's end.
    ///
    /// # Errors
    /// What `read(2)` said.
    pub async fn read_pooled(&self) -> io::Result<Lease> {
        let op = Op::Read { handle: self.handle.clone(), into: Fill::Pool };
        wait::leased(op).await
    }

    /// Reads `offset` bytes from the file's start into `buffer`'s spare capacity.
    ///
    /// # Errors
    /// What `pread(2)` said. The buffer comes back in any case.
    pub async fn read_at(&self, buffer: Vec<u8>, offset: u64) -> (io::Result<usize>, Vec<u8>) {
        wait::own(Op::ReadAt { handle: self.handle.clone(), into: Fill::Own(buffer), offset }).await
    }

    /// Writes at the file's position; gives how many bytes were taken.
    ///
    /// # Errors
    /// What `write(2)` said.
    pub async fn write(&self, data: impl Into<Bytes>) -> io::Result<usize> {
        let op = Op::Write { handle: self.handle.clone(), data: data.into() };
        wait::transferred(op).await.0
    }

    /// Writes all of `data` at the file's position.
    ///
    /// # Errors
    /// What `write(2)` said; `WriteZero` if it takes no more.
    pub async fn write_all(&self, data: impl Into<Bytes>) -> io::Result<()> {
        let mut data = data.into();
        while !data.is_empty() {
            match self.write(data.clone()).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => data = data.slice(count..),
            }
        }
        Ok(())
    }

    /// Writes `offset` bytes from the file's start; gives how many bytes were taken.
    ///
    /// # Errors
    /// What `pwrite(2)` said.
    pub async fn write_at(&self, data: impl Into<Bytes>, offset: u64) -> io::Result<usize> {
        let op = Op::WriteAt { handle: self.handle.clone(), data: data.into(), offset };
        wait::transferred(op).await.0
    }

    /// Waits until data and metadata are on the device.
    ///
    /// # Errors
    /// What `fsync(2)` said.
    pub async fn fsync(&self) -> io::Result<()> {
        wait::done(Op::Fsync { handle: self.handle.clone() }).await
    }

    /// Closes the file, as an operation of its own.
    ///
    /// # Errors
    /// When the driver could not; the descriptor is gone all the same.
    pub async fn close(self) -> io::Result<()> {
        wait::done(Op::Close { handle: self.handle }).await
    }
}

/// A path as the kernel takes it.
pub(crate) fn c_path(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        let text = format!("the path {} has a NUL byte in it", path.display());
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })
}
