//! Steps on files.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use whywait::fs::{self, File};
use whywait_plan::Content;

use super::Flow;
use super::failure::{Failure, at};

/// Bytes read at a time where a plan names a longer stretch.
const PIECE_BYTES: u64 = 64 << 10;

/// The flow's file.
pub(super) struct OpenFile {
    file: File,
    path: PathBuf,
}

impl Flow<'_> {
    pub(super) async fn create(&mut self, path: PathBuf) -> Result<(), Failure> {
        let file = at(&path, File::create(&path).await)?;
        self.file = Some(OpenFile { file, path });
        Ok(())
    }

    pub(super) async fn open(
        &mut self,
        path: PathBuf,
        mode: whywait_plan::OpenMode,
    ) -> Result<(), Failure> {
        let file = at(&path, File::open_as(&path, open_mode(mode)).await)?;
        self.file = Some(OpenFile { file, path });
        Ok(())
    }

    pub(super) async fn fsync(&self) -> Result<(), Failure> {
        let open = self.open_file()?;
        at(&open.path, open.file.fsync().await)
    }

    pub(super) async fn close(&mut self) -> Result<(), Failure> {
        let Some(OpenFile { file, path }) = self.file.take() else { return Ok(()) };
        at(path, file.close().await)
    }

    pub(super) async fn read_file(&mut self, path: PathBuf) -> Result<(), Failure> {
        let content = at(&path, fs::read_pooled(&path).await)?;
        self.take_in(&content);
        Ok(())
    }

    pub(super) async fn write_file(
        &mut self,
        path: PathBuf,
        content: &Content,
    ) -> Result<(), Failure> {
        let data = self.data(content);
        let length = data.len();
        at(&path, fs::write(&path, data).await)?;
        self.moved.written_bytes += length as u64;
        Ok(())
    }

    /// Reads up to `bytes` from the position, or from an offset, to the file's end at most.
    pub(super) async fn read(&mut self, bytes: u64, offset: Option<u64>) -> Result<(), Failure> {
        let mut buffer = Vec::new();
        let mut done = 0;
        while done < bytes {
            let wanted = (bytes - done).min(PIECE_BYTES) as usize;
            // A read fills all the room that there is: too much would move the position too far.
            if buffer.capacity() != wanted {
                buffer = Vec::with_capacity(wanted);
            }
            buffer.clear();
            let open = self.open_file()?;
            let (count, back) = match offset {
                None => open.file.read(buffer).await,
                Some(offset) => open.file.read_at(buffer, offset + done).await,
            };
            buffer = back;
            let count = at(&open.path, count)?;
            if count == 0 {
                break;
            }
            self.take_in(&buffer);
            done += count as u64;
        }
        Ok(())
    }

    pub(super) async fn write(
        &mut self,
        content: &Content,
        offset: Option<u64>,
    ) -> Result<(), Failure> {
        let mut data = self.data(content);
        let mut done = 0;
        while !data.is_empty() {
            let open = self.open_file()?;
            let count = match offset {
                None => open.file.write(data.clone()).await,
                Some(offset) => open.file.write_at(data.clone(), offset + done).await,
            };
            let count = at(&open.path, count)?;
            if count == 0 {
                return at(&open.path, Err(io::ErrorKind::WriteZero.into()));
            }
            data = data.slice(count..);
            done += count as u64;
        }
        self.moved.written_bytes += done;
        Ok(())
    }

    /// What this flow writes or sends: shared by all flows, or made here.
    pub(super) fn data(&self, content: &Content) -> Bytes {
        content.shared().unwrap_or_else(|| {
            let mut made = Vec::with_capacity(content.len());
            content.fill(self.number, &mut made);
            made.into()
        })
    }

    fn open_file(&self) -> Result<&OpenFile, Failure> {
        self.file.as_ref().ok_or(Failure::Impossible("no file is open"))
    }

    fn take_in(&mut self, read: &[u8]) {
        self.moved.read_bytes += read.len() as u64;
        self.digest(read);
    }
}

fn open_mode(mode: whywait_plan::OpenMode) -> fs::OpenMode {
    use whywait_plan::OpenMode;
    match mode {
        OpenMode::Read => fs::OpenMode::Read,
        OpenMode::Write => fs::OpenMode::Write,
        OpenMode::ReadWrite => fs::OpenMode::ReadWrite,
        OpenMode::Append => fs::OpenMode::Append,
    }
}
