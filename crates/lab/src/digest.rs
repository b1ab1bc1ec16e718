//! The result of a run, as one number.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The BLAKE3 digest of everything below `directory`: each path in byte order, whether it is a
/// directory, and each file's length and bytes, as they are on the disk.
///
/// # Errors
/// When something below it cannot be read, with its path.
pub fn digest_directory(directory: &Path) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    take_in(&mut hasher, directory, directory)?;
    Ok(hasher.finalize())
}

fn take_in(hasher: &mut blake3::Hasher, root: &Path, directory: &Path) -> io::Result<()> {
    let entries: io::Result<Vec<_>> = named(directory, fs::read_dir(directory))?.collect();
    let mut entries = named(directory, entries)?;
    entries.sort_unstable_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = named(&path, entry.file_type())?;
        let name = path.strip_prefix(root).unwrap_or(&path).as_os_str().as_bytes();
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name);
        hasher.update(&[u8::from(kind.is_dir())]);
        if kind.is_dir() {
            take_in(hasher, root, &path)?;
        } else if kind.is_file() {
            let length = named(&path, entry.metadata())?.len();
            hasher.update(&length.to_le_bytes());
            named(&path, File::open(&path).and_then(|file| hasher.update_reader(file).map(drop)))?;
        }
    }
    Ok(())
}

/// Names the path in an error.
fn named<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// One digest of a run's files and of what its flows read.
pub(crate) fn combine(files: blake3::Hash, read: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(files.as_bytes()).update(read.as_bytes());
    format!("blake3:{}", hasher.finalize().to_hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    fn digest(files: &[(&str, &str)]) -> blake3::Hash {
        digest_directory(tree(files).path()).unwrap()
    }

    #[test]
    fn equal_trees_have_equal_digests_wherever_they_stand() {
        let files = [("a/1", "x"), ("b", "y")];
        assert_eq!(digest(&files), digest(&[files[1], files[0]]));
    }

    #[test]
    fn every_difference_shows() {
        let trees: [&[(&str, &str)]; 6] = [
            &[],
            &[("a", "x")],
            &[("a", "y")],
            &[("b", "x")],
            &[("a", "x"), ("b", "")],
            &[("a/b", "x")],
        ];
        let digests: Vec<_> = trees.iter().map(|files| digest(files)).collect();
        for (index, one) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(one), "tree {index} is like one before");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = digest_directory(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
