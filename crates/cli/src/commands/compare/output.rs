//! Where the result goes.

use std::error::Error as _;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use whywait_report::{Comparison, Format};

use crate::failure::Failure;
use crate::terminal;

/// Standard output, or a file that appears under its name only when it is whole.
pub(super) struct Output {
    format: &'static Format,
    file: Option<(NamedTempFile, PathBuf)>,
}

impl Output {
    /// Finds out before the runs whether the result can be written after them.
    pub(super) fn open(format: &'static Format, out: Option<&Path>) -> Result<Self, Failure> {
        let file = out.map(|path| {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            if path.is_dir() {
                return Err(refuse(path, &ErrorKind::IsADirectory.into()));
            }
            let made = tempfile::Builder::new()
                .prefix(".whywait-")
                .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
                .tempfile_in(directory.unwrap_or(Path::new(".")));
            made.map(|file| (file, path.to_path_buf())).map_err(|error| refuse(path, &error))
        });
        Ok(Self { format, file: file.transpose()? })
    }

    /// Writes the result.
    pub(super) fn write(self, comparison: &Comparison) -> Result<(), Failure> {
        match self.file {
            None => {
                let mut stdout = io::stdout().lock();
                let written = (self.format.render)(comparison, terminal::appearance(), &mut stdout);
                match written.and_then(|()| stdout.flush()) {
                    // A reader that closes early, such as `head`, has seen what it wanted.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                    Err(error) => Err(Failure::failed(
                        format!("the result cannot be written to standard output: {error}"),
                        "use --out to write it to a file",
                    )),
                    Ok(()) => Ok(()),
                }
            }
            Some((mut file, path)) => {
                let written = (self.format.render)(comparison, terminal::plain(), &mut file);
                written.map_err(|error| refuse(&path, &error))?;
                file.persist(&path).map(drop).map_err(|error| refuse(&path, &error.error))
            }
        }
    }
}

fn refuse(path: &Path, error: &io::Error) -> Failure {
    // The temporary file's own path, which the error may name, says nothing to anybody.
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Failure::failed(
        format!("the result cannot be written to {}: {cause}", path.display()),
        "choose another file with --out, or leave it out",
    )
}
