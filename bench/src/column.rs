//! One work on one filesystem, and what each contestant's samples cost.
//!
//! Left out on purpose: what is done with the figures (see [`table`](crate::table)).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bystanders::Bystanders;
use crate::contestant::Failure;
use crate::entrant::Entrant;
use crate::place::Place;
use crate::sample::Sample;
use crate::work::{Work, total_bytes};

/// One work on one filesystem, and all who did it.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) work: Work,
    pub(crate) filesystem: &'static str,
    pub(crate) rows: Vec<Row>,
    directory: PathBuf,
    source: PathBuf,
}

/// One contestant in one column.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Wall seconds, one per round; the same index is the same round in every row.
    pub(crate) walls_s: Vec<f64>,
    /// Why the contestant left the race, if it did.
    pub(crate) failure: Option<String>,
    entrant: Entrant,
}

impl Column {
    /// Every work in every place, with those entrants that can do it.
    pub(crate) fn all(places: &[Place], entrants: &[Entrant]) -> Vec<Self> {
        let pairs =
            Work::ALL.iter().flat_map(|work| places.iter().map(move |place| (*work, place)));
        let column = |(work, place): (Work, &Place)| Self {
            work,
            filesystem: place.filesystem,
            rows: Row::all(entrants, work),
            directory: place.directory.path().to_path_buf(),
            source: place.source(),
        };
        pairs.map(column).collect()
    }

    /// One sample of everybody still in the race, beginning with another one each round.
    ///
    /// # Errors
    /// When the machine's CPU time cannot be read; a contestant's failure is kept in its row.
    pub(crate) fn run_round(
        &mut self,
        round: usize,
        files: u32,
        bystanders: &mut Bystanders,
    ) -> Result<(), Failure> {
        let count = self.rows.len();
        for index in 0..count {
            let place = (index + round) % count;
            if self.rows[place].failure.is_some() {
                continue;
            }
            let before = Bystanders::now()?;
            match self.sample(&self.rows[place].entrant, round, files) {
                Ok(wall_s) => self.rows[place].walls_s.push(wall_s),
                Err(error) => self.rows[place].failure = Some(error.to_string()),
            }
            bystanders.add(before)?;
        }
        Ok(())
    }

    fn sample(&self, entrant: &Entrant, round: usize, files: u32) -> Result<f64, Failure> {
        let directory = match self.work {
            Work::Read => self.source.clone(),
            Work::Write | Work::Random => {
                let name = entrant.name.replace([' ', ':'], "-");
                let fresh = format!("{}-{name}-{round}", self.work.name());
                let fresh = self.directory.join(fresh);
                std::fs::create_dir(&fresh)?;
                fresh
            }
        };
        let sample = run_sample(entrant.command(self.work, &directory, files)?)?;
        let expected = (u64::from(files), total_bytes(files));
        if (sample.files, sample.bytes) != expected {
            let Sample { files, bytes, .. } = sample;
            return Err(format!("did {files} files and {bytes} bytes of {expected:?}").into());
        }
        check_disk(&directory, files)?;
        Ok(sample.wall_s)
    }
}

impl Row {
    fn all(entrants: &[Entrant], work: Work) -> Vec<Self> {
        let able = entrants.iter().filter(|entrant| entrant.works.contains(&work));
        let row = |entrant: &Entrant| Self {
            name: entrant.name.to_owned(),
            walls_s: Vec::new(),
            failure: None,
            entrant: entrant.clone(),
        };
        able.map(row).collect()
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
pub(crate) fn check_disk(directory: &Path, files: u32) -> Result<(), Failure> {
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
