//! Load, seen from whoever asks for it.

use std::io;
use std::time::Instant;

use rustix::process::{Resource, getrlimit};

use super::entry::LOAD_NAME;
use super::message::{GoOn, LoadMessage};
use super::source::MOST_CONNECTIONS;
use super::{LoadRequest, LoadResult, LoadWork};
use crate::Stop;
use crate::companion::{Companion, Silence};
use crate::run_entry::was_entered;

/// Descriptors that a process of the load needs beside its connections.
const OWN_DESCRIPTORS: usize = 16;

/// A moment in which whoever asked for load may look at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadEvent {
    /// All connections are open, each had a message answered, and nothing is sent.
    Ready,
    /// The window begins: in a closed loop the server is as busy as it will be, in an open loop
    /// it is idle.
    Began,
    /// The window is over. The connections stay open until the callback returns.
    Ended,
}

/// Why there is no load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The request makes no sense.
    #[error("no load can be made as it was asked for: {0}")]
    BadRequest(&'static str),
    /// It took longer than allowed.
    #[error("the load was ended after its limit")]
    TooLong,
    /// Somebody wanted an early end.
    #[error("the load was stopped")]
    Stopped,
    /// A process of the load could not be started or spoken with.
    #[error("the load's process could not be run: {0}")]
    Process(io::Error),
    /// A process of the load ended without a result.
    #[error("no result of the load: {0}")]
    Died(String),
}

impl From<Silence> for LoadError {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::TooLong => Self::TooLong,
            Silence::Stopped => Self::Stopped,
            Silence::Process(error) => Self::Process(error),
            Silence::Died(why) => Self::Died(why),
        }
    }
}

/// Makes load on an echo server, in processes of its own, and gives what it saw.
///
/// Connections that fail are in the result. If one does before the window, there is no window and
/// no event. No process is left behind, whatever happens. The calling thread must live until this
/// returns: the load's processes end with it. A program that calls this begins its `main` with
/// [`run_entry`](crate::run_entry).
///
/// # Errors
/// When the processes of the load cannot do their work, or `stop` is set, or the request's limit
/// is over.
pub fn generate(
    request: &LoadRequest,
    stop: &Stop,
    on_event: &mut dyn FnMut(LoadEvent),
) -> Result<LoadResult, LoadError> {
    check(request)?;
    let parent = std::process::id() as i32;
    let shares = request.shares(parent, most_connections());
    let started = shares.iter().map(|share| Companion::start(LOAD_NAME, share));
    let processes = started.collect::<io::Result<_>>().map_err(LoadError::Process)?;
    let load = Load {
        processes,
        results: Vec::new(),
        // None is further away than the clock can count to.
        deadline: Instant::now().checked_add(request.limit),
        stop,
    };
    load.run(request.work, on_event)
}

fn check(request: &LoadRequest) -> Result<(), LoadError> {
    let wrong = if !was_entered() {
        "its processes execute this program again, and `whywait_lab::run_entry()` was never called"
    } else if request.addresses.is_empty() {
        "there is no address to connect to"
    } else if request.connections == 0 {
        "there are no connections"
    } else if !(1..=request.connections).contains(&request.active) {
        "at least one of the connections is active, and at most all"
    } else if request.message_bytes == 0 {
        "a message has at least one byte"
    } else if matches!(request.work, LoadWork::OpenLoop { rate_per_s, .. }
        if !rate_per_s.is_finite() || rate_per_s <= 0.0)
    {
        "the rate of an open loop is a number above 0"
    } else {
        return Ok(());
    };
    Err(LoadError::BadRequest(wrong))
}

/// Connections that one process of the load can hold.
fn most_connections() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
    descriptors.saturating_sub(OWN_DESCRIPTORS).clamp(1, MOST_CONNECTIONS)
}

/// The processes of one load.
struct Load<'a> {
    processes: Vec<Companion>,
    results: Vec<LoadResult>,
    deadline: Option<Instant>,
    stop: &'a Stop,
}

impl Load<'_> {
    fn run(
        mut self,
        work: LoadWork,
        on_event: &mut dyn FnMut(LoadEvent),
    ) -> Result<LoadResult, LoadError> {
        if work != LoadWork::Verify {
            for event in [LoadEvent::Ready, LoadEvent::Began, LoadEvent::Ended] {
                if !self.all_say(event)? {
                    break;
                }
                on_event(event);
                if event != LoadEvent::Began {
                    let said = self.processes.iter_mut().try_for_each(|one| one.say(&GoOn));
                    said.map_err(LoadError::Process)?;
                }
            }
        }
        self.sum_up()
    }

    /// Whether all processes come to an event; one that has failed connections before does not.
    fn all_say(&mut self, event: LoadEvent) -> Result<bool, LoadError> {
        for process in &mut self.processes {
            let message: LoadMessage = process.listen(self.deadline, self.stop)?;
            match (message, event) {
                (LoadMessage::Ready, LoadEvent::Ready)
                | (LoadMessage::Began, LoadEvent::Began)
                | (LoadMessage::Ended, LoadEvent::Ended) => {}
                (LoadMessage::Result(result), _) => {
                    // There is no window, and no use in the other processes.
                    self.results.push(*result);
                    self.processes.clear();
                    return Ok(false);
                }
                (other, _) => return Err(LoadError::Died(format!("it said {other:?}"))),
            }
        }
        Ok(true)
    }

    fn sum_up(mut self) -> Result<LoadResult, LoadError> {
        for process in &mut self.processes {
            match process.listen(self.deadline, self.stop)? {
                LoadMessage::Result(result) => self.results.push(*result),
                other => return Err(LoadError::Died(format!("it said {other:?}"))),
            }
        }
        let mut results = self.results.into_iter();
        let mut sum = results.next().unwrap_or_default();
        results.for_each(|other| sum.merge(&other));
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_an_entry_starts_no_process() {
        // libtest's main has none.
        let request = LoadRequest::new("127.0.0.1:1".parse().unwrap(), 1);
        let error = generate(&request, &Stop::default(), &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("run_entry"), "{error}");
    }
}
