//! `explain`: what being watched costs a program, under whywait and under other watchers.
//!
//! One load runs from beginning to end: redis-server on one CPU, redis-benchmark with GET over 50
//! connections on another. Windows in which somebody watches the server lie between windows in
//! which nobody does, and each is held against its neighbours. A watcher is one line of
//! [`WATCHERS`]. Left out on purpose: what a watcher says about the program, but for a word that
//! shows that it watched at all.

mod crowd;
mod crowd_race;
mod empty_hooks;
mod hooks;
mod ping_pong;
mod precedence;
mod redis;
mod short_race;
mod started;
mod watch_race;
mod watchers;

pub(crate) use crowd::run as crowd;
pub(crate) use empty_hooks::run as empty_hooks;
pub(crate) use ping_pong::run as ping_pong;
pub(crate) use precedence::run as first;

use std::path::PathBuf;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::builds::{AGAINST, Builds};
use crate::bystanders::Bystanders;
use crate::column::Column;
use crate::cpus::CpuPair;
use crate::failure::Failure;
use crate::harness::{check_complete, is_wanted};
use crate::race::{Discipline, Race};
use crate::table;
use crowd_race::CrowdRace;
use redis::RedisUnderLoad;
use short_race::ShortRace;
use watch_race::WatchRace;
use watchers::{WATCHERS, Watcher, versions};

const KNOWN: &[&str] = &["--whywait", AGAINST, "--rounds", "--seconds", "--only", "--threads"];
/// Runs of a program that does nothing.
const SHORT_RUNS: usize = 20;
/// Looks at a program with very many threads.
const CROWDS: usize = 2;

/// `explain --whywait PROGRAM [--against OLDER] [--rounds N] [--seconds S] [--only A,B]`: lets every
/// watcher watch, round by round, and prints the table.
///
/// # Errors
/// When redis is not installed or fails, or a watcher failed; what the others cost is printed
/// before.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, KNOWN)?;
    let whywait = arguments.get("--whywait").map(PathBuf::from);
    let new = whywait.ok_or("explain: `--whywait PROGRAM` is missing")?;
    let builds = Builds::new(new, &arguments);
    let rounds = arguments.number("--rounds", 5)?;
    let window = Duration::try_from_secs_f64(arguments.number("--seconds", 2.0)?)?;
    let threads = arguments.number("--threads", 2000)?;

    let cpus = CpuPair::find()?;
    let redis = RedisUnderLoad::start(cpus)?;
    let mut bystanders = Bystanders::besides(redis.processes());
    let watching = WatchRace::new(redis, builds.clone(), window);
    let mut columns = measure(&arguments, watching, rounds, &mut bystanders)?;
    // The load has ended with its race; what follows is alone on the machine.
    let mut alone = Bystanders::default();
    let short = ShortRace { builds: builds.clone() };
    columns.extend(measure(&arguments, short, SHORT_RUNS, &mut alone)?);
    let crowd = CrowdRace { builds, threads };
    columns.extend(measure(&arguments, crowd, CROWDS, &mut alone)?);

    println!("{}\n{rounds} rounds", versions());
    for absent in WATCHERS.iter().filter_map(Watcher::lacks) {
        println!("left out: {absent}");
    }
    let others = bystanders.share().max(alone.share());
    print!("{}{}", table::busy(others), table::render(&columns));
    check_complete(&columns)
}

/// Some rounds of one discipline, among those contestants that are wanted.
fn measure(
    arguments: &Arguments<'_>,
    discipline: impl Discipline + 'static,
    rounds: usize,
    bystanders: &mut Bystanders,
) -> Result<Vec<Column>, Failure> {
    let race = Race::new(Box::new(discipline), |name| is_wanted(arguments, name));
    let Some(mut race) = race else { return Ok(Vec::new()) };
    for round in 0..rounds {
        eprintln!("{}: round {} of {rounds}", race.title(), round + 1);
        race.run_round(round, bystanders)?;
    }
    Ok(race.into_columns())
}
