//! Where the result goes.
//!
//! Left out on purpose: what it looks like; the formats know.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;
use whywait_report::{Appearance, escaped};

use crate::failure::Failure;
use crate::terminal;

/// A place for the result.
#[derive(Debug)]
pub(crate) enum Output {
    /// Where results go unless something else is asked for.
    Stream(Stream),
    /// What was named on the command line.
    Named(Place, PathBuf),
}

/// A stream that every process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Of commands whose result is all that they say.
    Output,
    /// Of commands under which another program uses standard output.
    Error,
}

impl Output {
    /// Finds out before the work whether the result can be written after it.
    pub(crate) fn open(stream: Stream, out: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = out else { return Ok(Self::Stream(stream)) };
        let place = Place::open(path).map_err(|error| refuse(path, &error))?;
        Ok(Self::Named(place, path.to_path_buf()))
    }

    /// Writes the result.
    pub(crate) fn write(
        self,
        render: impl FnOnce(Appearance, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self {
            Self::Stream(stream) => stream.write(render),
            Self::Named(place, path) => {
                let written = place.write(Place::PUBLIC, |out| render(terminal::plain(), out));
                written.map_err(|error| refuse(&path, &error))
            }
        }
    }
}

impl Stream {
    fn write(
        self,
        render: impl FnOnce(Appearance, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let (appearance, out): (_, Box<dyn Write>) = match self {
            Self::Output => (terminal::appearance(&io::stdout()), Box::new(io::stdout().lock())),
            Self::Error => (terminal::appearance(&io::stderr()), Box::new(io::stderr().lock())),
        };
        let mut out = BufWriter::new(out);
        match render(appearance, &mut out).and_then(|()| out.flush()) {
            // A reader that closes early, such as `head`, has seen what it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::failed(
                format!("the result cannot be written to {self}: {error}"),
                "use --out to write it to a file",
            )),
            Ok(()) => Ok(()),
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Output => "standard output",
            Self::Error => "standard error",
        })
    }
}

/// A place that was named for the result.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file that appears under its name only when it is whole, and until then has another.
    File(PathBuf),
    /// A device, a pipe or the like, which must not be replaced by a file.
    Special(File),
}

impl Place {
    /// The mode of a file that everyone may read.
    const PUBLIC: u32 = 0o644;
    /// The mode of a file that its owner alone may read.
    pub(crate) const PRIVATE: u32 = 0o600;

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path);
        if there.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(ErrorKind::IsADirectory.into());
        }
        let is_special = there.as_ref().is_ok_and(|there| !there.is_file());
        if is_special || is_a_descriptor(path) {
            // What else is written there stays.
            return Ok(Self::Special(File::options().append(true).open(path)?));
        }
        // A link stays, and what it leads to is replaced.
        let path = if there.is_ok() { path.canonicalize()? } else { path.to_path_buf() };
        fs::metadata(directory(&path))?;
        // One without a name, so that nothing stays whichever way the work ends.
        tempfile::tempfile_in(directory(&path)).map_err(nameless)?;
        Ok(Self::File(path))
    }

    /// Writes all of it, to a file of that mode, or leaves what was there.
    pub(crate) fn write(
        self,
        mode: u32,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::File(path) => {
                let mut file = Builder::new()
                    .prefix(".whywait-")
                    .permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
                    .tempfile_in(directory(&path))
                    .map_err(nameless)?;
                // Not through the temporary file, whose errors end with its name.
                buffered(file.as_file_mut(), render)?;
                file.persist(path)?;
                Ok(())
            }
            Self::Special(mut file) => buffered(&mut file, render),
        }
    }
}

fn buffered(
    out: &mut dyn Write,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    render(&mut out)?;
    out.flush()
}

/// Whether a path is another name of an open file, such as `/dev/stdout`. Somebody has it open who
/// writes to it, wherever it is.
fn is_a_descriptor(path: &Path) -> bool {
    let link = fs::read_link(path).unwrap_or_default();
    let mut directories = [path, &link].into_iter().map(|path| directory(path).canonicalize());
    directories.any(|directory| directory.is_ok_and(|directory| directory.starts_with("/proc")))
}

/// Whether two paths are names of one file, which need not be there.
pub(crate) fn are_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let place = || Some(directory(path).canonicalize().ok()?.join(path.file_name()?));
        path.canonicalize().ok().or_else(place)
    };
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// The directory that a file is in.
fn directory(path: &Path) -> &Path {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

/// The error without the temporary name that it ends with, which says nothing to anybody.
fn nameless(error: io::Error) -> io::Error {
    error.kind().into()
}

fn refuse(path: &Path, error: &io::Error) -> Failure {
    let message = format!("the result cannot be written to {}: {error}", path.display());
    Failure::failed(escaped(&message), "choose another file with --out, or leave it out")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt, symlink};

    use super::*;

    fn write(path: &Path) {
        let place = Place::open(path).unwrap();
        place.write(Place::PUBLIC, |out| out.write_all(b"result")).unwrap();
    }

    #[test]
    fn a_file_is_made_or_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("result");
        for before in [None, Some("a longer text from before")] {
            before.iter().for_each(|text| fs::write(&path, text).unwrap());
            write(&path);
            assert_eq!(fs::read_to_string(&path).unwrap(), "result");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no other file stays");
    }

    #[test]
    fn a_file_is_the_same_under_every_name() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        assert!(are_same(&file, &directory.path().join("../").join(directory.path()).join("file")));
        assert!(!are_same(&file, &link));
        fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        assert!(are_same(&file, &link));
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        write(&link);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "result");
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("null");
        symlink("/dev/null", &link).unwrap();
        write(&link);
        assert!(fs::metadata(&link).unwrap().file_type().is_char_device());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
