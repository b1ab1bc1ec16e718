//! Puts what was downloaded where somebody wants it, over nothing that is there.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Names that are tried, with a number added, before it is given up.
const TRIES_MAX: u32 = 10_000;

/// Copies `body` into `directory` as `name`, or, if something of that name is there, as `name-1`,
/// `name-2` and so on; gives the path.
///
/// The file appears under its name when it is whole, and not otherwise: `renameat2(2)` with
/// `RENAME_NOREPLACE`, or a link where a filesystem lacks that, so that not even something which
/// appears in the meantime is overwritten.
pub(crate) fn keep(body: &Path, directory: &Path, name: &Path) -> io::Result<PathBuf> {
    let wanted = directory.join(name);
    if let Some(parent) = wanted.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut copy = tempfile::Builder::new()
        .prefix(".whywait-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(wanted.parent().unwrap_or(directory))?;
    io::copy(&mut File::open(body)?, &mut copy)?;
    for number in 0..TRIES_MAX {
        let path = numbered(&wanted, number);
        match copy.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
                copy = refused.file;
            }
            Err(refused) => return Err(refused.error),
        }
    }
    let text = format!("{TRIES_MAX} names like it are taken");
    Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
}

/// The path with a number before its extension; the path itself for 0.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_path_buf();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_that_is_there_is_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("kept");
        let body = home.path().join("body");
        fs::write(&body, "new").unwrap();
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("a.txt"), "old").unwrap();
        // A link that leads nowhere is something too.
        symlink(home.path().join("elsewhere"), directory.join("a-1.txt")).unwrap();
        fs::create_dir(directory.join("a-2.txt")).unwrap();
        let kept = keep(&body, &directory, Path::new("a.txt")).unwrap();
        assert_eq!(kept, directory.join("a-3.txt"));
        assert_eq!(fs::read_to_string(&kept).unwrap(), "new");
        assert_eq!(fs::read_to_string(directory.join("a.txt")).unwrap(), "old");
        assert!(!home.path().join("elsewhere").exists());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 4, "a temporary file is left");
    }

    #[test]
    fn a_body_that_cannot_be_read_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("kept");
        keep(&home.path().join("missing"), &directory, Path::new("a")).unwrap_err();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }
}
