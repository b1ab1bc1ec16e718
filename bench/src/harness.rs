//! Runs every contestant round by round and collects what each cost.
//!
//! The rules, each learnt from a wrong figure: contestants take turns within a round, and the
//! first of a round changes; each sample is a process of its own with a directory of its own;
//! directories go at the end, as the creation of files is slow for a while after many were
//! deleted, and the first sample waits until that has passed; memory is touched once before the first sample; what is on the disk is counted after
//! each. Left out on purpose: one sample (see
//! [`column`](crate::column)), and what is done with the figures (see [`table`](crate::table)).

use crate::arguments::Arguments;
use crate::bystanders::Bystanders;
use crate::column::Column;
use crate::contestant::Failure;
use crate::entrant::Entrant;
use crate::place::Place;
use crate::table;
use crate::work::FILE_BYTES;

const KNOWN: &[&str] = &["--rounds", "--files", "--dir", "--memory-dir", "--only"];

/// `table [--rounds N] …`: runs all and prints the table.
///
/// # Errors
/// When the words are wrong, there is too little space, or a contestant failed; what the others
/// cost is printed before.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, KNOWN)?;
    let rounds = arguments.number("--rounds", 5)?;
    let files = arguments.number("--files", 5000)?;
    let entrants = Entrant::all(&arguments);
    let places = [
        Place::new(&arguments.path("--dir", std::env::temp_dir()))?,
        Place::new(&arguments.path("--memory-dir", "/dev/shm"))?,
    ];
    touch_memory(check_space(&places, &entrants, rounds, files)?)?;
    for place in &places {
        place.prepare(files)?;
    }
    let mut columns = Column::all(&places, &entrants);
    let mut bystanders = Bystanders::default();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for column in &mut columns {
            column.run_round(round, files, &mut bystanders)?;
        }
    }
    println!("{files} files of {FILE_BYTES} bytes, {rounds} rounds, milliseconds");
    print!("{}{}", table::busy(bystanders.share()), table::render(&columns));
    eprintln!("removing the working files");
    let failed = columns.iter().flat_map(|column| &column.rows).filter(|row| row.failure.is_some());
    match failed.count() {
        0 => Ok(()),
        count => Err(format!("{count} contestant(s) failed; the table says why").into()),
    }
}

/// Checks that each place has room for all samples; gives the bytes that all of them need.
fn check_space(
    places: &[Place],
    entrants: &[Entrant],
    rounds: usize,
    files: u32,
) -> Result<u64, Failure> {
    let works = |entrant: &Entrant| entrant.works.len() as u64;
    let samples = entrants.iter().map(works).sum::<u64>() * rounds as u64 + 1;
    // A file takes whole pages.
    let need = samples * u64::from(files) * FILE_BYTES.next_multiple_of(4096);
    for place in places {
        let space = rustix::fs::statvfs(place.directory.path())?;
        let free = space.f_bavail * space.f_frsize;
        if free < need {
            let place = place.directory.path().display();
            let advice = "take fewer rounds or another directory";
            return Err(format!("{place}: {need} bytes needed, {free} free; {advice}").into());
        }
    }
    Ok(need * places.len() as u64)
}

/// Writes to as much memory as the page cache will need, but no more than half of what there is:
/// a virtual machine's first touch of a page costs several times a later one.
fn touch_memory(bytes: u64) -> Result<(), Failure> {
    let information = std::fs::read_to_string("/proc/meminfo")?;
    let line = information.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let available = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let available = available.ok_or("/proc/meminfo does not say how much memory is available")?;
    let touched = vec![1_u8; bytes.min(available * 1024 / 2) as usize];
    std::hint::black_box(&touched);
    Ok(())
}
