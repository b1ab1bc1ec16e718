//! Files and directories in memory, with the answers that the kernel gives.
//!
//! A Unix socket's name is an entry here; what it names, the network knows.
//!
//! Left out on purpose: links, permissions, times and the space of a device. The umask is 022.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustix::io::{Errno, Result};

use super::network::SocketId;
use super::path::{Last, Located, locate};
use crate::OpenMode;
use crate::completion::{FileKind, Stat};

/// The longest file, so that a write at a wild offset is `EFBIG` and takes no memory.
const LONGEST_FILE_BYTES: u64 = 1 << 30;

/// The length that a directory shows: ext4's, for a small one.
const DIRECTORY_BYTES: u64 = 4096;

/// What a directory holds, by name.
pub(super) type Entries = BTreeMap<Vec<u8>, Node>;

/// A file's bytes; open files share them with the directory, so that they outlive an unlink.
type Content = Rc<RefCell<Vec<u8>>>;

/// A file, a directory or a socket's name.
#[derive(Debug)]
pub(super) enum Node {
    File(Content),
    /// The socket may be closed: its name stays.
    Socket(SocketId),
    Directory(Entries),
}

/// The files of a simulated world; it starts with `/` and `/tmp`.
#[derive(Debug)]
pub(super) struct FileSystem {
    root: Entries,
}

impl FileSystem {
    pub(super) fn new() -> Self {
        let tmp = (b"tmp".to_vec(), Node::Directory(Entries::new()));
        Self { root: Entries::from([tmp]) }
    }

    /// `openat(2)`.
    pub(super) fn open(&mut self, path: &[u8], mode: OpenMode) -> Result<OpenFile> {
        let located = locate(&self.root, path)?;
        let creates = matches!(mode, OpenMode::Create | OpenMode::CreateNew | OpenMode::Append);
        if creates && located.trailing_slash {
            return Err(Errno::ISDIR);
        }
        let Last::Name(name) = located.last else { return open_directory(mode) };
        let entries = entries_at(&mut self.root, &located.parents);
        match entries.get(&name) {
            Some(Node::Directory(_)) => open_directory(mode),
            Some(Node::File(_) | Node::Socket(_)) if located.trailing_slash => Err(Errno::NOTDIR),
            Some(Node::File(_) | Node::Socket(_)) if mode == OpenMode::CreateNew => {
                Err(Errno::EXIST)
            }
            Some(Node::Socket(_)) => Err(Errno::NXIO),
            Some(Node::File(content)) => {
                if mode == OpenMode::Create {
                    content.borrow_mut().clear();
                }
                Ok(OpenFile::new(Rc::clone(content), mode))
            }
            None if creates => {
                let content = Content::default();
                entries.insert(name, Node::File(Rc::clone(&content)));
                Ok(OpenFile::new(content, mode))
            }
            None => Err(Errno::NOENT),
        }
    }

    /// `statx(2)`.
    pub(super) fn stat(&mut self, path: &[u8]) -> Result<Stat> {
        let directory =
            Stat { len: DIRECTORY_BYTES, kind: FileKind::Directory, permissions: 0o755 };
        let Located { parents, last, trailing_slash } = locate(&self.root, path)?;
        let Last::Name(name) = last else { return Ok(directory) };
        match entries_at(&mut self.root, &parents).get(&name) {
            None => Err(Errno::NOENT),
            Some(Node::Directory(_)) => Ok(directory),
            Some(Node::File(_) | Node::Socket(_)) if trailing_slash => Err(Errno::NOTDIR),
            Some(Node::Socket(_)) => Ok(Stat { len: 0, kind: FileKind::Other, permissions: 0o755 }),
            Some(Node::File(content)) => {
                let len = content.borrow().len() as u64;
                Ok(Stat { len, kind: FileKind::File, permissions: 0o644 })
            }
        }
    }

    /// `mkdirat(2)`.
    pub(super) fn mkdir(&mut self, path: &[u8]) -> Result<()> {
        let located = locate(&self.root, path)?;
        let Last::Name(name) = located.last else { return Err(Errno::EXIST) };
        let entries = entries_at(&mut self.root, &located.parents);
        if entries.contains_key(&name) {
            return Err(Errno::EXIST);
        }
        entries.insert(name, Node::Directory(Entries::new()));
        Ok(())
    }

    /// `unlinkat(2)` of a file.
    pub(super) fn unlink(&mut self, path: &[u8]) -> Result<()> {
        let located = locate(&self.root, path)?;
        let Last::Name(name) = located.last else { return Err(Errno::ISDIR) };
        let entries = entries_at(&mut self.root, &located.parents);
        match entries.get(&name) {
            None => Err(Errno::NOENT),
            Some(Node::Directory(_)) => Err(Errno::ISDIR),
            Some(Node::File(_) | Node::Socket(_)) if located.trailing_slash => Err(Errno::NOTDIR),
            Some(Node::File(_) | Node::Socket(_)) => {
                entries.remove(&name);
                Ok(())
            }
        }
    }

    /// Gives a socket a name, as `bind(2)` does: `mknodat(2)`, but `EADDRINUSE` for a name that
    /// exists.
    pub(super) fn name_socket(&mut self, path: &[u8], socket: SocketId) -> Result<()> {
        let located = locate(&self.root, path)?;
        let Last::Name(name) = located.last else { return Err(Errno::ADDRINUSE) };
        let entries = entries_at(&mut self.root, &located.parents);
        if entries.contains_key(&name) {
            return Err(Errno::ADDRINUSE);
        }
        if located.trailing_slash {
            return Err(Errno::NOENT);
        }
        entries.insert(name, Node::Socket(socket));
        Ok(())
    }

    /// Which socket has, or had, a name; what has no socket's name refuses.
    pub(super) fn socket_at(&mut self, path: &[u8]) -> Result<SocketId> {
        let located = locate(&self.root, path)?;
        let Last::Name(name) = located.last else { return Err(Errno::CONNREFUSED) };
        match entries_at(&mut self.root, &located.parents).get(&name) {
            None => Err(Errno::NOENT),
            Some(Node::File(_) | Node::Socket(_)) if located.trailing_slash => Err(Errno::NOTDIR),
            Some(Node::File(_) | Node::Directory(_)) => Err(Errno::CONNREFUSED),
            Some(Node::Socket(socket)) => Ok(*socket),
        }
    }
}

fn open_directory(mode: OpenMode) -> Result<OpenFile> {
    match mode {
        OpenMode::Read => Ok(OpenFile { content: None, mode, position: 0 }),
        OpenMode::CreateNew => Err(Errno::EXIST),
        OpenMode::Write | OpenMode::ReadWrite | OpenMode::Create | OpenMode::Append => {
            Err(Errno::ISDIR)
        }
    }
}

/// What the directory under `names` holds. `locate` has been there: every name is a directory's.
fn entries_at<'a>(root: &'a mut Entries, names: &[Vec<u8>]) -> &'a mut Entries {
    names.iter().fold(root, |entries, name| match entries.get_mut(name) {
        Some(Node::Directory(inner)) => inner,
        _ => unreachable!("`locate` gives directories only"),
    })
}

/// A file that was opened, and where its next read or write goes.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// None for a directory.
    content: Option<Content>,
    mode: OpenMode,
    position: u64,
}

impl OpenFile {
    fn new(content: Content, mode: OpenMode) -> Self {
        Self { content: Some(content), mode, position: 0 }
    }

    /// `read(2)`: appends at most `most` bytes to `buffer`, and says how many there were to
    /// have.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<usize> {
        let count = self.read_at(buffer, most, self.position)?;
        self.position += count as u64;
        Ok(count)
    }

    /// `pread(2)`.
    pub(super) fn read_at(&self, buffer: &mut Vec<u8>, most: usize, offset: u64) -> Result<usize> {
        check_offset(offset)?;
        if matches!(self.mode, OpenMode::Write | OpenMode::Append) {
            return Err(Errno::BADF);
        }
        let content = self.content.as_ref().ok_or(Errno::ISDIR)?.borrow();
        let from = offset.min(content.len() as u64) as usize;
        let to = from.saturating_add(most).min(content.len());
        buffer.extend_from_slice(&content[from..to]);
        Ok(to - from)
    }

    /// Bytes from `offset`, or from the position, to the end of the file.
    pub(super) fn left(&self, offset: Option<u64>) -> usize {
        let len = self.content.as_ref().map_or(0, |content| content.borrow().len());
        len.saturating_sub(offset.unwrap_or(self.position).min(len as u64) as usize)
    }

    /// `write(2)`.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<usize> {
        let (count, end) = self.store(data, self.position)?;
        self.position = end;
        Ok(count)
    }

    /// `pwrite(2)`, which on Linux appends to a file that was opened to append.
    pub(super) fn write_at(&self, data: &[u8], offset: u64) -> Result<usize> {
        self.store(data, offset).map(|(count, _)| count)
    }

    fn store(&self, data: &[u8], offset: u64) -> Result<(usize, u64)> {
        check_offset(offset)?;
        if self.mode == OpenMode::Read {
            return Err(Errno::BADF);
        }
        let mut content = self.content.as_ref().ok_or(Errno::ISDIR)?.borrow_mut();
        let appends = self.mode == OpenMode::Append;
        let offset = if appends { content.len() as u64 } else { offset };
        if data.is_empty() {
            return Ok((0, offset));
        }
        if offset >= LONGEST_FILE_BYTES {
            return Err(Errno::FBIG);
        }
        let count = data.len().min((LONGEST_FILE_BYTES - offset) as usize);
        let (from, to) = (offset as usize, offset as usize + count);
        if content.len() < to {
            content.resize(to, 0);
        }
        content[from..to].copy_from_slice(&data[..count]);
        Ok((count, to as u64))
    }
}

/// Offsets are signed in the kernel.
fn check_offset(offset: u64) -> Result<()> {
    i64::try_from(offset).map(|_| ()).map_err(|_| Errno::INVAL)
}
