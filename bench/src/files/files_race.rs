//! Many small files on one filesystem, as a discipline in which every contestant runs.
//!
//! Each sample has a directory of its own, and what is on the disk is counted after it. The
//! directories go when the place does, as the creation of files is slow for a while after many
//! were deleted. Left out on purpose: how one contestant does it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::work::total_bytes;
use super::{Place, Sample, Work};
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::failure::Failure;
use crate::race::Discipline;

/// One work on one filesystem.
#[derive(Debug)]
pub(crate) struct FilesRace {
    builds: Builds,
    work: Work,
    filesystem: &'static str,
    directory: PathBuf,
    source: PathBuf,
    files: u32,
}

impl FilesRace {
    /// So many files in a place, which outlives the race.
    pub(crate) fn new(builds: Builds, work: Work, place: &Place, files: u32) -> Self {
        Self {
            builds,
            work,
            filesystem: place.filesystem,
            directory: place.directory.path().to_path_buf(),
            source: place.source(),
            files,
        }
    }

    /// The directory of a sample.
    fn directory(&self, contestant: &str, round: usize) -> std::io::Result<PathBuf> {
        match self.work {
            Work::Read => Ok(self.source.clone()),
            Work::Write | Work::Random => {
                let name = contestant.replace([' ', ':'], "-");
                let fresh = format!("{}-{name}-{round}", self.work.name());
                let fresh = self.directory.join(fresh);
                std::fs::create_dir(&fresh)?;
                Ok(fresh)
            }
        }
    }

    /// The program that takes one sample.
    fn command(&self, contestant: &str, directory: &Path) -> Command {
        let (program, name) = self.builds.program_of(contestant);
        let mut command = Command::new(program);
        command.args(["sample", &name, "--work", self.work.name(), "--dir"]).arg(directory);
        command.arg("--files").arg(self.files.to_string());
        command
    }
}

impl Discipline for FilesRace {
    fn headings(&self) -> Vec<Heading> {
        let title = format!("{} {}", self.work.name(), self.filesystem);
        vec![Heading { title, unit: "ms", about: "wall time" }]
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(self.work.peers().map(|peer| peer.name))
    }

    fn sample(&self, contestant: &str, round: usize) -> Result<Vec<Figure>, Failure> {
        let directory = self.directory(contestant, round)?;
        let sample = run_sample(self.command(contestant, &directory))?;
        let expected = (u64::from(self.files), total_bytes(self.files));
        if (sample.files, sample.bytes) != expected {
            let Sample { files, bytes, .. } = sample;
            return Err(format!("did {files} files and {bytes} bytes of {expected:?}").into());
        }
        check_disk(&directory, self.files)?;
        Ok(vec![Figure { value: sample.wall_s * 1e3, nearness: None }])
    }
}

fn run_sample(mut command: Command) -> Result<Sample, Failure> {
    let output = command.output().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim_end().lines().last().unwrap_or("it said nothing").to_owned();
        return Err(format!("{}: {last}", output.status).into());
    }
    Sample::parse(&String::from_utf8_lossy(&output.stdout))
}

/// Checks that `directory` and those in it hold `files` files of the right size in all.
///
/// # Errors
/// Names both numbers when they do not.
pub(super) fn check_disk(directory: &Path, files: u32) -> Result<(), Failure> {
    let found = count_files(directory)?;
    let expected = (u64::from(files), total_bytes(files));
    if found == expected {
        Ok(())
    } else {
        let ((files, bytes), place) = (found, directory.display());
        Err(format!("{place} holds {files} files, {bytes} bytes; expected {expected:?}").into())
    }
}

/// Files under `directory`, and their bytes.
fn count_files(directory: &Path) -> std::io::Result<(u64, u64)> {
    let mut count = (0, 0);
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let (files, bytes) =
            if metadata.is_dir() { count_files(&entry.path())? } else { (1, metadata.len()) };
        count = (count.0 + files, count.1 + bytes);
    }
    Ok(count)
}
