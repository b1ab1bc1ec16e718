//! A cpio archive of the form `newc`, which the kernel unpacks into its first file system.
//!
//! The form is described in `Documentation/driver-api/early-userspace/buffer-format.rst` of the
//! kernel. It is not compressed: to unpack it takes an emulated CPU longer than to copy it.

use std::collections::BTreeSet;
use std::path::{Component, Path};

/// File types of `st_mode`; see inode(7).
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// An archive that is being written.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    /// Everything that is in it. The kernel wants a directory before what is in it.
    paths: BTreeSet<String>,
}

impl Archive {
    /// Adds a file. Everything can execute it; `modified_s` is in seconds since 1970.
    pub(super) fn file(&mut self, path: &Path, modified_s: u32, content: &[u8]) {
        self.add(path, REGULAR | 0o755, modified_s, content);
    }

    /// Adds a symbolic link at `path`.
    pub(super) fn link(&mut self, path: &Path, target: &Path) {
        self.add(path, SYMLINK | 0o777, 0, target.as_os_str().as_encoded_bytes());
    }

    /// Adds an empty directory.
    pub(super) fn directory(&mut self, path: &Path) {
        self.add(path, DIRECTORY | 0o755, 0, &[]);
    }

    /// Whether `path` is in it already.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.paths.contains(&name(path))
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, 0, &[]);
        self.bytes
    }

    /// What is there already stays as it is.
    fn add(&mut self, path: &Path, mode: u32, modified_s: u32, content: &[u8]) {
        if self.contains(path) {
            return;
        }
        if let Some(parent) = path.parent().filter(|parent| !name(parent).is_empty()) {
            self.directory(parent);
        }
        let name = name(path);
        self.entry(&name, mode, modified_s, content);
        self.paths.insert(name);
    }

    fn entry(&mut self, name: &str, mode: u32, modified_s: u32, content: &[u8]) {
        let inode = self.paths.len() + 1;
        let (links, user, group) = (1, 0, 0);
        let (size, name_size) = (content.len(), name.len() + 1);
        let header = format!(
            "070701{inode:08x}{mode:08x}{user:08x}{group:08x}{links:08x}{modified_s:08x}\
             {size:08x}{devices:032x}{name_size:08x}{checksum:08x}",
            devices = 0,
            checksum = 0,
        );
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    /// Names and contents each end at a multiple of four bytes.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// A path as the archive has it: from the root, without `/` at its beginning, without `..`.
fn name(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Archive;

    /// The names and contents in an archive, read by the rules of the form.
    fn read(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut entries = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let field = |index: usize| {
                let digits = &bytes[at + 6 + 8 * index..][..8];
                let digits = std::str::from_utf8(digits).expect("digits");
                usize::from_str_radix(digits, 16).expect("a number")
            };
            assert_eq!(&bytes[at..at + 6], b"070701");
            let (size, name_size) = (field(6), field(11));
            let name = &bytes[at + 110..][..name_size - 1];
            let content = (at + 110 + name_size).next_multiple_of(4);
            let name = String::from_utf8(name.to_vec()).expect("text");
            entries.push((name, bytes[content..content + size].to_vec()));
            at = (content + size).next_multiple_of(4);
        }
        entries
    }

    #[test]
    fn what_is_put_in_is_there_after_its_directories_and_once() {
        let mut archive = Archive::default();
        archive.file(Path::new("/a/b/one"), 1, b"content");
        archive.link(Path::new("/a/two"), Path::new("b/one"));
        archive.file(Path::new("/a/b/../b/one"), 2, b"other");
        assert!(archive.contains(Path::new("/a/b")));
        let entries = read(&archive.finish());
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "a/b", "a/b/one", "a/two", "TRAILER!!!"]);
        assert_eq!(entries[2].1, b"content");
        assert_eq!(entries[3].1, b"b/one");
    }
}
