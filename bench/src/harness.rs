//! Runs every contestant round by round and prints the table.
//!
//! The rules, each learnt from a wrong figure: contestants take turns within a round, and the
//! first of a round changes; each sample is a process of its own; directories go at the end, as
//! the creation of files is slow for a while after many were deleted, and the first sample waits
//! until that has passed; memory is touched once before the first sample; what was done is
//! counted. Left out on purpose: one sample, which is a [`Discipline`](crate::race::Discipline)'s,
//! and how figures are shown (see [`table`](crate::table)).

use std::time::Duration;

use crate::arguments::Arguments;
use crate::builds::{AGAINST, Builds, in_new_build};
use crate::bystanders::Bystanders;
use crate::column::Column;
use crate::cpus::CpuPair;
use crate::echo::{EchoRace, Shape};
use crate::failure::Failure;
use crate::files::{FILE_BYTES, FilesRace, Place, Work};
use crate::race::{Discipline, Race};
use crate::timers::TimersRace;
use crate::{table, versions};

const KNOWN: &[&str] = &[
    AGAINST,
    "--rounds",
    "--columns",
    "--only",
    "--files",
    "--dir",
    "--memory-dir",
    "--shape",
    "--seconds",
    "--timers",
];

/// Everything that can be measured, by the name of its columns.
const ALL_COLUMNS: &str = "write,read,random,echo,timers";
/// What `cargo xtask bench` measures.
const FILE_COLUMNS: &str = "write,read,random";

/// `files [--rounds N] …`: many small files only.
///
/// # Errors
/// As [`peers`].
pub(crate) fn files(words: &[String]) -> Result<(), Failure> {
    run(words, FILE_COLUMNS, 5)
}

/// `peers [--rounds N] …`: runs all and prints the table.
///
/// # Errors
/// When the words are wrong, there is too little space, or a contestant failed; what the others
/// cost is printed before.
pub(crate) fn peers(words: &[String]) -> Result<(), Failure> {
    run(words, ALL_COLUMNS, 3)
}

fn run(words: &[String], default_columns: &str, default_rounds: usize) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, KNOWN)?;
    let rounds = arguments.number("--rounds", default_rounds)?;
    let names: Vec<_> = arguments.get("--columns").unwrap_or(default_columns).split(',').collect();
    if let Some(unknown) =
        names.iter().find(|name| !ALL_COLUMNS.split(',').any(|all| all == **name))
    {
        return Err(format!("`{unknown}`: expected some of {ALL_COLUMNS}").into());
    }
    let builds = Builds::of_this_program(&arguments)?;
    let places = places(&arguments, &builds, &names, rounds)?;
    let mut races = Vec::new();
    for discipline in disciplines(&arguments, &builds, &names, &places)? {
        races.extend(Race::new(discipline, |name| is_wanted(&arguments, name)));
    }
    let (columns, bystanders) = run_rounds(races, rounds)?;
    println!("{}\n{rounds} rounds", versions::line());
    print!("{}{}", table::busy(bystanders.share()), table::render(&columns));
    check_complete(&columns)
}

/// Runs all races round by round; their columns, and what others used of the machine meanwhile.
///
/// # Errors
/// What ends a race.
pub(crate) fn run_rounds(
    mut races: Vec<Race>,
    rounds: usize,
) -> Result<(Vec<Column>, Bystanders), Failure> {
    let mut bystanders = Bystanders::default();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for race in &mut races {
            race.run_round(round, &mut bystanders)?;
        }
    }
    let columns: Vec<_> = races.into_iter().flat_map(Race::into_columns).collect();
    Ok((columns, bystanders))
}

/// That nobody has left a race.
///
/// # Errors
/// When figures are missing, how many.
pub(crate) fn check_complete(columns: &[Column]) -> Result<(), Failure> {
    let failed = columns.iter().flat_map(|column| &column.rows).filter(|row| row.failure.is_some());
    match failed.count() {
        0 => Ok(()),
        count => Err(format!("{count} figure(s) are missing; the table says why").into()),
    }
}

/// Whether a contestant is one of those that `--only` names by how they begin. One of the older
/// build is wanted with its counterpart.
pub(crate) fn is_wanted(arguments: &Arguments<'_>, name: &str) -> bool {
    let only = arguments.get("--only");
    let newer = in_new_build(name);
    let begins = |start| {
        name.starts_with(start) || newer.as_ref().is_some_and(|newer| newer.starts_with(start))
    };
    only.is_none_or(|only| only.split(',').any(begins))
}

fn disciplines(
    arguments: &Arguments<'_>,
    builds: &Builds,
    names: &[&str],
    places: &[Place],
) -> Result<Vec<Box<dyn Discipline>>, Failure> {
    let mut all: Vec<Box<dyn Discipline>> = Vec::new();
    for name in names {
        match *name {
            "echo" => all.extend(echo(arguments, builds)?),
            "timers" => {
                let timers = arguments.number("--timers", 100_000)?;
                all.push(Box::new(TimersRace { builds: builds.clone(), timers }));
            }
            files => {
                let work = Work::named(files)?;
                let count = arguments.number("--files", 5000)?;
                let race = |place| FilesRace::new(builds.clone(), work, place, count);
                all.extend(places.iter().map(|place| Box::new(race(place)) as Box<dyn Discipline>));
            }
        }
    }
    Ok(all)
}

fn echo(arguments: &Arguments<'_>, builds: &Builds) -> Result<Vec<Box<dyn Discipline>>, Failure> {
    let shapes = shapes(arguments, &Shape::ALL)?;
    let cpus = CpuPair::find()?;
    let window = Duration::try_from_secs_f64(arguments.number("--seconds", 1.0)?)?;
    let race = |shape| EchoRace { builds: builds.clone(), shape, cpus, window };
    Ok(shapes.into_iter().map(|shape| Box::new(race(shape)) as Box<dyn Discipline>).collect())
}

/// The shapes that `--shape` names, or `default`.
///
/// # Errors
/// Names the first that is no shape.
pub(crate) fn shapes(arguments: &Arguments<'_>, default: &[Shape]) -> Result<Vec<Shape>, Failure> {
    match arguments.get("--shape") {
        Some(shapes) => shapes.split(',').map(str::parse).collect(),
        None => Ok(default.to_vec()),
    }
}

/// The filesystems on which files are made, if any are: with room for all samples, memory that
/// was touched, and the usual speed.
fn places(
    arguments: &Arguments<'_>,
    builds: &Builds,
    names: &[&str],
    rounds: usize,
) -> Result<Vec<Place>, Failure> {
    let works: Vec<Work> = names.iter().filter_map(|name| Work::named(name).ok()).collect();
    if works.is_empty() {
        return Ok(Vec::new());
    }
    let files = arguments.number("--files", 5000)?;
    let places = vec![
        Place::new(&arguments.path("--dir", std::env::temp_dir()))?,
        Place::new(&arguments.path("--memory-dir", "/dev/shm"))?,
    ];
    let able = |work: &Work| {
        let all = builds.contestants(work.peers().map(|peer| peer.name));
        all.iter().filter(|name| is_wanted(arguments, name)).count()
    };
    let samples = works.iter().map(able).sum::<usize>() * rounds + 1;
    // A file takes whole pages.
    let need = samples as u64 * u64::from(files) * FILE_BYTES.next_multiple_of(4096);
    for place in &places {
        place.check_space(need)?;
    }
    touch_memory(need * places.len() as u64)?;
    for place in &places {
        place.prepare(files)?;
    }
    println!("{files} files of {FILE_BYTES} bytes");
    Ok(places)
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
