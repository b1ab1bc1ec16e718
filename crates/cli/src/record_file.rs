//! Records as files: where one is saved, and the ones to read.

use std::fs::File;
use std::path::{Path, PathBuf};

use whywait_record::file::{self, ReadError};
use whywait_record::{MergeError, Merged, Record, merge};
use whywait_report::escaped;

use crate::failure::Failure;
use crate::output::Place;

/// A place for a record.
#[derive(Debug)]
pub(crate) struct RecordFile {
    place: Place,
    path: PathBuf,
}

impl RecordFile {
    /// Checks before the work that the record can be written after it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let place = Place::open(path).map_err(|error| refuse(path, &error))?;
        Ok(Self { place, path: path.to_path_buf() })
    }

    /// Writes the record, readable by its owner alone. If that fails there is no file.
    pub(crate) fn write(self, record: &Record) -> Result<(), Failure> {
        let written = self.place.write(Place::PRIVATE, |out| file::write(record, out));
        written.map_err(|error| refuse(&self.path, &error))
    }
}

/// Reads records, and sums them.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Merged, Failure> {
    let records = paths.iter().map(|path| read(path));
    let records: Vec<Record> = records.collect::<Result<_, _>>()?;
    merge(records).map_err(|error| no_sum(&error, paths))
}

fn no_sum(error: &MergeError, files: &[PathBuf]) -> Failure {
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    let message = format!("{} cannot be summed: {error}", files.join(", "));
    Failure::failed(escaped(&message), "judge each of them alone")
}

fn read(path: &Path) -> Result<Record, Failure> {
    let opened = File::open(path).map_err(ReadError::from);
    opened.and_then(file::read).map_err(|error| {
        let advice = match &error {
            ReadError::NotARecord { .. } => {
                "records are made by `whywait record -o F -- CMD` or `whywait explain --save F`"
            }
            ReadError::Newer { .. } => "read it with the whywait that made it, or a later one",
            ReadError::Architecture { .. } => "read it with a whywait built for that architecture",
            ReadError::CutOff { .. } | ReadError::Damaged { .. } => {
                "copy the file again, or make the record again"
            }
            _ => "name a record that can be read",
        };
        let message = format!("{} cannot be read: {error}", path.display());
        Failure::failed(escaped(&message), advice)
    })
}

fn refuse(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("the record cannot be written to {}: {error}", path.display());
    Failure::failed(escaped(&message), "choose another file")
}
