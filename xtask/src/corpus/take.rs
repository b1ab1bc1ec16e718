//! Taking what was saved into the corpus: one directory for each program, with its records, by mode
//! and number, and what is true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use whywait_record::{Record, file};

use super::normalise::Normaliser;
use super::program::TRUTH;
use super::truth::{Known, Truth, Truths};
use super::{CorpusError, RECORD};
use crate::Failed;

/// A way of watching whose report is for people; its record is as that of `full`.
const NO_MODE: &str = "text";

/// What a runner says of one run, as far as it matters here.
#[derive(Debug, Deserialize)]
struct RunResult {
    #[serde(alias = "case")]
    name: String,
    mode: String,
    /// What was said of it; none if it did not come so far.
    verdict: Option<String>,
    /// What the program measured itself.
    #[serde(default)]
    known: Known,
}

/// A record that was saved.
#[derive(Debug)]
struct Saved {
    name: String,
    mode: String,
    path: PathBuf,
}

/// Takes over the records of one source, of which each pass has a directory in `raw`. Programs that
/// were not watched again stay as they are; the truth is written anew for all.
///
/// # Errors
/// If a file cannot be read or written.
pub(super) fn take(
    raw: &Path,
    into: &Path,
    truths: Truths,
    normaliser: &Normaliser,
) -> Result<(), Failed> {
    let passes = if raw.exists() { crate::entries(raw)? } else { Vec::new() };
    let mut taken: BTreeMap<String, Taken> = BTreeMap::new();
    for pass in passes {
        let results = results(&pass)?;
        for saved in saved(&pass)? {
            let result = results.get(&(saved.name.clone(), saved.mode.clone()));
            let came_far = result.is_none_or(|result| result.verdict.is_some());
            if came_far && let Ok(record) = file::read(open(&saved.path)?) {
                let known = result.map(|result| result.known.clone()).unwrap_or_default();
                let program = taken.entry(saved.name).or_default();
                program.records.entry(saved.mode).or_default().push((record, known));
            }
        }
    }
    for (name, mut truth) in truths {
        let directory = into.join(&name);
        let path = directory.join(TRUTH);
        if let Some(taken) = taken.remove(&name) {
            write_records(&directory, &taken, normaliser)?;
            truth.known = taken.known();
        } else if path.exists() {
            truth.known = Truth::read(&path)?.known;
        } else {
            println!("corpus: {} has no record", directory.display());
            fs::create_dir_all(&directory).map_err(Failed::write(&directory))?;
        }
        let text = toml::to_string(&truth)
            .map_err(|error| CorpusError::Truth { path: path.clone(), what: error.to_string() })?;
        fs::write(&path, text).map_err(Failed::write(&path))?;
    }
    for name in taken.keys() {
        println!("corpus: {name} is no program of its source; its records are left out");
    }
    Ok(())
}

/// What was saved of one program.
#[derive(Debug, Default)]
struct Taken {
    /// By mode, in the order in which it was watched.
    records: BTreeMap<String, Vec<(Record, Known)>>,
}

impl Taken {
    /// What the program measured itself, by the name of the record.
    fn known(&self) -> BTreeMap<String, Known> {
        let all = self.records.iter().flat_map(|(mode, records)| {
            let numbered = records.iter().enumerate();
            numbered.map(move |(place, (_, known))| (name_of(mode, place), known.clone()))
        });
        all.filter(|(_, known)| !known.is_empty()).collect()
    }
}

/// The name of a record of that mode.
fn name_of(mode: &str, place: usize) -> String {
    format!("{mode}.{}", place + 1)
}

fn write_records(directory: &Path, taken: &Taken, normaliser: &Normaliser) -> Result<(), Failed> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(Failed::write(directory))?;
    }
    fs::create_dir_all(directory).map_err(Failed::write(directory))?;
    for (mode, records) in &taken.records {
        for (place, (record, _)) in records.iter().enumerate() {
            let path = directory.join(format!("{}.{RECORD}", name_of(mode, place)));
            let record = normaliser.normalise(record).map_err(|error| CorpusError::Record {
                path: path.clone(),
                what: error.to_string(),
            })?;
            let mut bytes = Vec::new();
            file::write(&record, &mut bytes).map_err(Failed::write(&path))?;
            fs::write(&path, bytes).map_err(Failed::write(&path))?;
        }
    }
    Ok(())
}

/// What was saved in a pass: of a program that was watched again in the same mode, because it did
/// too little at first, only the last.
fn saved(pass: &Path) -> Result<Vec<Saved>, Failed> {
    let mut paths = crate::entries(pass)?;
    let modified = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    paths.sort_by_key(modified);
    let mut seen = BTreeSet::new();
    let mut saved: Vec<Saved> =
        paths.into_iter().rev().filter_map(saved_of).filter(|one| one.mode != NO_MODE).collect();
    saved.retain(|one| seen.insert((one.name.clone(), one.mode.clone())));
    saved.reverse();
    Ok(saved)
}

/// A file `NAME.MODE.NUMBER.wwr`, whose name may have dots.
fn saved_of(path: PathBuf) -> Option<Saved> {
    let name = path.file_name()?.to_str()?.strip_suffix(RECORD)?.strip_suffix('.')?;
    let mut words = name.rsplitn(3, '.');
    let (_number, mode, name) = (words.next()?, words.next()?, words.next()?);
    Some(Saved { name: name.to_owned(), mode: mode.to_owned(), path })
}

/// What the runners said of the runs of a pass, by program and mode.
fn results(pass: &Path) -> Result<BTreeMap<(String, String), RunResult>, Failed> {
    let mut results = BTreeMap::new();
    for path in crate::entries(pass)? {
        if path.extension().is_some_and(|kind| kind == "json") {
            let text = fs::read_to_string(&path).map_err(Failed::read(&path))?;
            let all: Vec<RunResult> = serde_json::from_str(&text).map_err(|error| {
                CorpusError::Truth { path: path.clone(), what: error.to_string() }
            })?;
            let all = all.into_iter().map(|one| ((one.name.clone(), one.mode.clone()), one));
            results.extend(all);
        }
    }
    Ok(results)
}

fn open(path: &Path) -> Result<fs::File, Failed> {
    fs::File::open(path).map_err(Failed::read(path))
}
