//! Many sleeps at once: how late they end, and what one costs.
//!
//! A contestant is one file and one line in [`SLEEPERS`]. Each sample is a process of its own
//! (this program, executed again as `sleep NAME`), which measures itself: one thread starts all
//! sleeps, waits for them, and notes how late each was. Left out on purpose: sleeps that are
//! cancelled, and sleeps of different lengths.

mod compio;
mod gather;
mod glommio;
mod monoio;
mod smol;
mod timers_race;
mod tokio;
mod whywait;

pub(crate) use timers_race::TimersRace;

use std::time::Duration;

use gather::Slept;

use crate::arguments::Arguments;
use crate::failure::Failure;

/// How long each sleeps.
const LENGTH: Duration = Duration::from_secs(1);

/// A contestant.
#[derive(Debug)]
struct Sleeper {
    name: &'static str,
    /// Sleeps so many times at once.
    sleep: fn(usize) -> Result<Slept, Failure>,
}

/// Every contestant, in the order of the table.
const SLEEPERS: &[Sleeper] = &[
    Sleeper { name: "tokio", sleep: tokio::sleep },
    Sleeper { name: "monoio", sleep: monoio::sleep },
    Sleeper { name: "compio", sleep: compio::sleep },
    Sleeper { name: "glommio", sleep: glommio::sleep },
    Sleeper { name: "smol", sleep: smol::sleep },
    Sleeper { name: "whywait epoll", sleep: |count| whywait::sleep("epoll", count) },
    Sleeper { name: "whywait uring", sleep: |count| whywait::sleep("uring", count) },
];

/// `sleep NAME --timers N`: one sample, printed as its figures in the order of the columns.
///
/// # Errors
/// When there is no such contestant, it cannot sleep, or sleeps were lost.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let (name, words) = words.split_first().ok_or("sleep: the contestant's name is missing")?;
    let arguments = Arguments::parse(words, &["--timers"])?;
    let count = arguments.number("--timers", 100_000)?;
    let sleeper = SLEEPERS.iter().find(|sleeper| sleeper.name == name);
    let sleeper = sleeper.ok_or_else(|| format!("there is no contestant `{name}`"))?;
    let mut slept = (sleeper.sleep)(count)?;
    if slept.late.len() != count {
        return Err(format!("{} of {count} sleeps ended", slept.late.len()).into());
    }
    slept.late.sort_unstable();
    let p99 = slept.late[(count * 99 / 100).min(count.saturating_sub(1))];
    let each = count as f64;
    let lateness_ms = p99.as_secs_f64() * 1e3;
    println!("{lateness_ms} {} {}", slept.memory_bytes / each, slept.cpu_s / each * 1e6);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::SLEEPERS;
    use crate::failure::Failure;

    #[test]
    fn every_contestant_sleeps_as_often_as_it_is_asked_to() -> Result<(), Failure> {
        for sleeper in SLEEPERS {
            assert_eq!((sleeper.sleep)(100)?.late.len(), 100, "{}", sleeper.name);
        }
        Ok(())
    }
}
