//! `instructions`: how many instructions an echo server executes in user space per round trip.
//!
//! The server runs alone in its process and is stepped through one instruction at a time
//! (ptrace(2)); the load is in this process. So start-up, the load and the kernel are not counted,
//! a busy machine does not change the count, and no hardware counter is needed, which virtual
//! machines rarely have. Valgrind 3.19 runs few of the servers: it does not know epoll_pwait2(2), and
//! hides the vDSO in which rustix looks for the clock.

mod hot_spots;
mod instructions_race;
mod lockstep_load;
mod stepper;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::arguments::Arguments;
use crate::builds::{AGAINST, Builds, in_new_build, in_old_build};
use crate::echo::Shape;
use crate::failure::Failure;
use crate::harness::{check_complete, is_wanted, run_rounds, shapes};
use crate::race::Race;
use crate::{table, versions};
use hot_spots::HotSpots;
use instructions_race::InstructionsRace;

const KNOWN: &[&str] = &[AGAINST, "--rounds", "--only", "--shape", "--trips", "--functions"];

/// One connection has a wait of the loop to itself in each round trip; of 50, most share one.
const SHAPES: [Shape; 2] = [Shape::all_active(1), Shape::all_active(50)];

/// `instructions [--against OLDER] [--shape A,B] [--trips N] [--functions N]`: counts the
/// instructions of every echo server and prints the table.
///
/// # Errors
/// When the words are wrong or a contestant failed; the others' figures are printed before.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let arguments = Arguments::parse(words, KNOWN)?;
    let rounds = arguments.number("--rounds", 2)?;
    let round_trips = arguments.number("--trips", 100)?;
    let functions = arguments.number("--functions", 0)?;
    let builds = Builds::of_this_program(&arguments)?;
    let hot_spots = Rc::new(RefCell::new(BTreeMap::new()));
    let mut races = Vec::new();
    for shape in shapes(&arguments, &SHAPES)? {
        let hot_spots = Rc::clone(&hot_spots);
        let race = InstructionsRace::new(builds.clone(), shape, round_trips, hot_spots)?;
        races.extend(Race::new(Box::new(race), |name| is_wanted(&arguments, name)));
    }
    let (columns, _) = run_rounds(races, rounds)?;
    println!("{}\n{rounds} rounds of about {round_trips} round trips", versions::line());
    print!("{}", table::render(&columns));
    if functions > 0 {
        print_functions(&hot_spots.borrow(), functions)?;
    }
    check_complete(&columns)
}

/// Where each server's instructions are, by title and contestant. With an older build the functions
/// that differ most come first, without one those with the most instructions.
fn print_functions(
    all: &BTreeMap<(String, String), HotSpots>,
    functions: usize,
) -> Result<(), Failure> {
    for ((title, contestant), hot_spots) in all {
        if in_new_build(contestant).is_some() {
            continue;
        }
        let new = hot_spots.by_function()?;
        let old = in_old_build(contestant).and_then(|old| all.get(&(title.clone(), old)));
        let old = old.map(HotSpots::by_function).transpose()?;
        let names: BTreeSet<&String> =
            new.keys().chain(old.iter().flat_map(|old| old.keys())).collect();
        let of = |counts: &BTreeMap<String, f64>, name| counts.get(name).copied().unwrap_or(0.0);
        let row = |name| (name, of(&new, name), old.as_ref().map(|old| of(old, name)));
        let mut rows: Vec<(&String, f64, Option<f64>)> = names.into_iter().map(row).collect();
        let weight =
            |&(_, new, old): &(_, f64, Option<f64>)| old.map_or(new, |old| (new - old).abs());
        rows.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
        println!("\n{title}, {contestant}: instructions per round trip by function");
        if old.is_some() {
            println!("  {:>8} {:>8} {:>8}", "new", "old", "new-old");
        }
        for (name, new, old) in rows.into_iter().take(functions) {
            match old {
                Some(old) => println!("  {new:8.1} {old:8.1} {:+8.1}  {name}", new - old),
                None => println!("  {new:8.1}  {name}"),
            }
        }
    }
    Ok(())
}
