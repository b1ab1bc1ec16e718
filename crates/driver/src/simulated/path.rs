//! Where a path leads: `path_resolution(7)`, without links.

use rustix::io::{Errno, Result};

use super::filesystem::{Entries, Node};

/// Bytes in the longest path, its closing NUL included: `PATH_MAX`.
const LONGEST_PATH_BYTES: usize = 4096;
/// Bytes in the longest name: `NAME_MAX`.
const LONGEST_NAME_BYTES: usize = 255;

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Located {
    /// The names from the root to the directory; each is one that exists.
    pub(super) parents: Vec<Vec<u8>>,
    /// What is meant in that directory.
    pub(super) last: Last,
    /// The path ends in `/`, so that it can mean a directory only.
    pub(super) trailing_slash: bool,
}

/// The end of a path.
#[derive(Debug)]
pub(super) enum Last {
    /// An entry, which may not exist.
    Name(Vec<u8>),
    /// The directory itself: the path was `/`, or ended in `.` or `..`.
    Itself,
}

/// Finds where `path` leads. The working directory is `/`.
pub(super) fn locate(root: &Entries, path: &[u8]) -> Result<Located> {
    if path.is_empty() {
        return Err(Errno::NOENT);
    }
    if path.len() >= LONGEST_PATH_BYTES {
        return Err(Errno::NAMETOOLONG);
    }
    let trailing_slash = path.ends_with(b"/");
    let mut names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).peekable();
    let mut parents: Vec<Vec<u8>> = Vec::new();
    while let Some(name) = names.next() {
        if name == b"." {
            continue;
        }
        if name == b".." {
            parents.pop();
            continue;
        }
        if name.len() > LONGEST_NAME_BYTES {
            return Err(Errno::NAMETOOLONG);
        }
        if names.peek().is_none() {
            return Ok(Located { parents, last: Last::Name(name.to_vec()), trailing_slash });
        }
        match entries_at(root, &parents).get(name) {
            None => return Err(Errno::NOENT),
            Some(Node::File(_) | Node::Socket(_)) => return Err(Errno::NOTDIR),
            Some(Node::Directory(_)) => parents.push(name.to_vec()),
        }
    }
    Ok(Located { parents, last: Last::Itself, trailing_slash })
}

fn entries_at<'a>(root: &'a Entries, names: &[Vec<u8>]) -> &'a Entries {
    names.iter().fold(root, |entries, name| match entries.get(name) {
        Some(Node::Directory(inner)) => inner,
        _ => unreachable!("only directories are pushed"),
    })
}
