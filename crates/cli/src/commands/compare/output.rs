//! Where the result goes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use whywait_report::{Comparison, Format};

use crate::failure::Failure;
use crate::terminal;

/// Standard output, or a place that was named, in a format.
pub(super) struct Output {
    format: &'static Format,
    place: Option<(Place, PathBuf)>,
}

impl Output {
    /// Finds out before the runs whether the result can be written after them.
    pub(super) fn open(format: &'static Format, out: Option<&Path>) -> Result<Self, Failure> {
        let place = out.map(|path| match Place::open(path) {
            Ok(place) => Ok((place, path.to_path_buf())),
            Err(error) => Err(refuse(path, &error)),
        });
        Ok(Self { format, place: place.transpose()? })
    }

    /// Writes the result.
    pub(super) fn write(self, comparison: &Comparison) -> Result<(), Failure> {
        let render = self.format.render;
        let Some((place, path)) = self.place else {
            let mut stdout = io::stdout().lock();
            let written = render(comparison, terminal::appearance(), &mut stdout);
            return match written.and_then(|()| stdout.flush()) {
                // A reader that closes early, such as `head`, has seen what it wanted.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                Err(error) => Err(Failure::failed(
                    format!("the result cannot be written to standard output: {error}"),
                    "use --out to write it to a file",
                )),
                Ok(()) => Ok(()),
            };
        };
        let written = place.write(|out| render(comparison, terminal::plain(), out));
        written.map_err(|error| refuse(&path, &error))
    }
}

/// A place that was named for the result.
#[derive(Debug)]
enum Place {
    /// A file that appears under its name only when it is whole, and until then has another.
    File(NamedTempFile, PathBuf),
    /// A device, a pipe or the like, which must not be replaced by a file.
    Special(File),
}

impl Place {
    fn open(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path);
        if there.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(ErrorKind::IsADirectory.into());
        }
        if there.as_ref().is_ok_and(|there| !there.is_file()) {
            return Ok(Self::Special(File::options().write(true).open(path)?));
        }
        // A link stays, and what it leads to is replaced.
        let path = if there.is_ok() { path.canonicalize()? } else { path.to_path_buf() };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        fs::metadata(directory)?;
        let made = tempfile::Builder::new()
            .prefix(".whywait-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(directory);
        // The temporary name, which the error ends with, says nothing to anybody.
        Ok(Self::File(made.map_err(|error| error.kind())?, path))
    }

    fn write(self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::File(mut file, path) => {
                render(&mut file)?;
                file.persist(path)?;
                Ok(())
            }
            Self::Special(mut file) => render(&mut file),
        }
    }
}

fn refuse(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(
        format!("the result cannot be written to {}: {error}", path.display()),
        "choose another file with --out, or leave it out",
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt, symlink};

    use super::*;

    fn write(path: &Path) {
        Place::open(path).unwrap().write(|out| out.write_all(b"result")).unwrap();
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
