//! `cargo xtask corpus`: judges the records of the corpus, and says what is right and wrong.
//!
//! The corpus is `corpus/`: records of programs, and beside them what is true of each. What is said
//! of them all is a page that is committed, so that a change of judgement shows what it changes.
//! `--capture` watches the programs again.

mod capture;
mod judged;
mod judgement;
mod matrix;
mod needed;
mod normalise;
mod options;
mod precision;
mod program;
mod results;
mod source;
mod sources;
mod take;
mod truth;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Failed;
use capture::Runner;
use normalise::Normaliser;
use options::Options;
use precision::PRECISION;
use program::Program;
use source::{Places, SOURCES, Source};
use whywait_insight::RuleSet;

/// What the name of a record's file ends with.
const RECORD: &str = "wwr";

/// The page with what is said of all of it.
const RESULTS: &str = "corpus/RESULTS.md";

/// Why the corpus is not as it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    /// A file with a truth cannot be understood.
    #[error("{path}: {what}", path = path.display())]
    Truth { path: PathBuf, what: String },
    /// A record cannot be judged.
    #[error("{path}: {what}", path = path.display())]
    Record { path: PathBuf, what: String },
    /// There is something else among the records.
    #[error("{path} is neither a truth nor a record named MODE.NUMBER.wwr", path = path.display())]
    Stray { path: PathBuf },
    /// A redacted record, or a sum of equal ones, is not judged as the record is.
    #[error("{0} record(s) are judged otherwise when they are redacted or summed, see above")]
    Disagreement(usize),
    /// What is said has changed.
    #[error(
        "what is said of the corpus is not what {RESULTS} says; look at the lines above, and accept \
         them by `cargo xtask corpus --accept` if they are better"
    )]
    Changed,
    /// The table of precisions is not what the corpus gives.
    #[error("{PRECISION} is not what the corpus gives; write it by `cargo xtask corpus --accept`")]
    Precision,
    /// No record is judged worse without some rules or exclusions; they have been printed.
    #[error("no record is judged worse without these {0} rule(s) and exclusion(s): remove them")]
    NotNeeded(usize),
    /// The header of a fixture says something else than its truth.
    #[error("{0} is not what the header of the fixture says; run `cargo xtask corpus --truths`")]
    Fixture(String),
}

/// Runs the task.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let options = Options::parse(arguments)?;
    if options.capture || options.truths {
        for source in SOURCES.iter().filter(|source| options.wants(source)) {
            if let Some(place) = options.place_of(root, source) {
                renew(root, &options, source, &place)?;
            }
        }
    }
    if options.needed { find_not_needed(root, &options) } else { judge(root, &options) }
}

/// Takes over what is true of the programs of a source, and their records.
fn renew(root: &Path, options: &Options, source: &Source, place: &Path) -> Result<(), Failed> {
    let places = Places { root, source: place };
    let raw = root.join("target/corpus/raw").join(source.name);
    if options.capture {
        for pass in 1..=options.times {
            println!("corpus: {}, {pass} of {}", source.name, options.times);
            let names = options.names();
            let runner = Runner::new(root, raw.join(pass.to_string()), &names)?;
            (source.run)(&places, &runner)?;
        }
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let home = home.iter().map(|path| (path.as_path(), "/users/me"));
    let known = [(root, "/src/whywait"), (place, "/src/programs")];
    let named = options.directories.iter().map(|(path, name)| (path.as_path(), name.as_str()));
    let directories: Vec<_> = named.chain(known).chain(home).collect();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let normaliser = Normaliser::new(&directories, host.as_deref().map(str::trim));
    take::take(&raw, &root.join("corpus").join(source.name), (source.truths)(&places)?, &normaliser)
}

/// Prints the rules and exclusions that no record needs.
fn find_not_needed(root: &Path, options: &Options) -> Result<(), Failed> {
    let began = Instant::now();
    let programs = Program::all(&root.join("corpus"), &options.words)?;
    let parts = needed::not_needed(&programs)?;
    parts.iter().for_each(|part| println!("not needed: {part}"));
    println!("corpus: looked for rules that are not needed, in {:.1} s", seconds_since(began));
    if parts.is_empty() { Ok(()) } else { Err(CorpusError::NotNeeded(parts.len()).into()) }
}

/// Says what is right and wrong, and compares it with what was.
fn judge(root: &Path, options: &Options) -> Result<(), Failed> {
    let began = Instant::now();
    let programs = Program::all(&root.join("corpus"), &options.words)?;
    check_fixtures(root, &programs)?;
    let mut judged = judged::all(&programs, &RuleSet::all())?;
    let is_whole = options.words.is_empty();
    let measured = precision::measured(&judged);
    let is_stale = is_whole && RuleSet::all().measured() != measured;
    if is_stale && options.accept {
        let path = root.join(PRECISION);
        fs::write(&path, precision::source(&measured)).map_err(Failed::write(&path))?;
        judged = judged::all(&programs, &RuleSet::all().measured_by(measured))?;
    }
    let page = results::page(&judged);
    let path = root.join(RESULTS);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let records: usize = programs.iter().map(|program| program.captures.len()).sum();
    let disagreements: Vec<_> = judged.iter().flat_map(|one| &one.disagreements).collect();
    disagreements.iter().for_each(|one| println!("{one}"));
    if !is_whole {
        println!("{page}");
    } else if options.accept {
        fs::write(&path, &page).map_err(Failed::write(&path))?;
    } else {
        println!("{}", changes(&before, &page));
    }
    println!(
        "corpus: {records} records judged, also redacted and summed, in {:.1} s",
        seconds_since(began)
    );
    if !disagreements.is_empty() {
        return Err(CorpusError::Disagreement(disagreements.len()).into());
    }
    let is_accepted = options.accept || !is_whole;
    match (is_accepted, is_stale, before == page) {
        (true, _, _) | (false, false, true) => Ok(()),
        (false, true, _) => Err(CorpusError::Precision.into()),
        (false, false, false) => Err(CorpusError::Changed.into()),
    }
}

fn seconds_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64()
}

/// That the truth of each fixture is what its header says.
fn check_fixtures(root: &Path, programs: &[Program]) -> Result<(), Failed> {
    let places = Places { root, source: root };
    for (name, truth) in sources::fixtures::truths(&places)? {
        let name = format!("fixtures/{name}");
        let stale = programs.iter().find(|program| program.name == name && program.truth != truth);
        if let Some(stale) = stale {
            return Err(CorpusError::Fixture(stale.name.clone()).into());
        }
    }
    Ok(())
}

/// The lines that are in one page only, or the tables of it if there are none.
fn changes(before: &str, page: &str) -> String {
    let lines = |one: &str, other: &str, sign: char| -> Vec<String> {
        let others: std::collections::HashSet<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !others.contains(line));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    let changes = [lines(before, page, '-'), lines(page, before, '+')].concat();
    if changes.is_empty() { page.to_owned() } else { changes.join("\n") }
}
