//! Where the program, executed again, becomes a process of the load.

use std::io;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::thread::set_current_timer_slack;

use super::generator::Generator;
use super::message::{GoOn, LoadMessage};
use super::request::LoadShare;
use super::{LoadResult, LoadWork};
use crate::companion::{hear, say};
use crate::cpus;
use crate::run_entry::end_with;

/// The name under which processes of the load are started and show in `ps`.
pub(crate) const LOAD_NAME: &str = "whywait-load";

/// How often a closed loop that goes on behind its window looks whether it may rest.
const COOL_DOWN_LOOK: Duration = Duration::from_millis(10);

/// Hears what is asked for, does it, and says so.
pub(crate) fn run_load() -> io::Result<()> {
    let Some(share) = hear::<LoadShare>()? else { return Ok(()) };
    end_with(share.parent)?;
    if let Some(cpu) = share.request.cpu {
        cpus::keep_to(&[cpu])?;
    }
    // Without it, sleeps until a message is due are up to 50 µs too long (`PR_SET_TIMERSLACK`).
    set_current_timer_slack(NonZeroU64::new(1))?;
    let result = work(share)?;
    say(&LoadMessage::Result(Box::new(result)))
}

fn work(share: LoadShare) -> io::Result<LoadResult> {
    let work = share.request.work;
    let patience = share.request.patience;
    let mut generator = Generator::new(share)?;
    if !generator.open_all()? || work == LoadWork::Verify {
        return generator.close();
    }
    say(&LoadMessage::Ready)?;
    hear::<GoOn>()?;
    match work {
        LoadWork::Verify => {}
        LoadWork::ClosedLoop { warm_up, duration } => {
            closed_loop(&mut generator, warm_up, duration)?;
        }
        LoadWork::OpenLoop { rate_per_s, duration } => {
            open_loop(&mut generator, rate_per_s, duration, patience)?;
        }
    }
    generator.rest()?;
    hear::<GoOn>()?;
    generator.close()
}

fn closed_loop(generator: &mut Generator, warm_up: Duration, duration: Duration) -> io::Result<()> {
    generator.start_closed_loop();
    generator.go_on_until(Instant::now() + warm_up)?;
    let began = Instant::now();
    generator.tally().open_window(began);
    say(&LoadMessage::Began)?;
    generator.go_on_until(began + duration)?;
    generator.tally().close_window(Instant::now());
    say(&LoadMessage::Ended)?;
    cool_down(generator)
}

/// Goes on until whoever looks at the server has done so. To look at a thousand processes takes a
/// while: at both ends of the window they have to be as busy while it lasts, or what they did in
/// that time would be missing.
fn cool_down(generator: &mut Generator) -> io::Result<()> {
    loop {
        let look = Instant::now() + COOL_DOWN_LOOK;
        generator.go_on_until(look)?;
        // Some is left where all connections have failed.
        let left = look.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], Some(&left)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn open_loop(
    generator: &mut Generator,
    rate_per_s: f64,
    duration: Duration,
    patience: Duration,
) -> io::Result<()> {
    say(&LoadMessage::Began)?;
    let began = Instant::now();
    generator.tally().open_window(began);
    let schedule = generator.schedule(began, rate_per_s, duration);
    generator.open_loop(schedule, began + duration + patience)?;
    generator.tally().close_window(Instant::now());
    say(&LoadMessage::Ended)
}
