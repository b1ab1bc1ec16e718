//! What a flow was in, and for how long: a lane's events, read.
//!
//! Left out on purpose: what the stretches of several flows make together, which is [`Order`].
//!
//! [`Order`]: crate::order::Order

use crate::{EventKind, Lane, LaneEvent};

/// A wait shorter than this is never said to burn CPU: the calls that begin and end it would
/// count for most of it.
const SHORTEST_BURNING_S: f64 = 0.01;
/// A wait burns CPU when the worker was on one for at least this share of it. One that spins has
/// less than all where others want the CPU, too; one that sleeps has next to nothing.
const BURNING: f64 = 0.25;

/// A part of a lane in which its flow was in one state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    pub(crate) state: State,
}

/// What a flow in progress can be in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    /// Begun, but neither in a wait nor at work: submitted, in a queue or between two steps.
    Queued,
    /// Waiting while its worker sleeps, or works for other flows.
    Waiting,
    /// Waiting while its worker uses a CPU for nothing but to wait.
    Burning,
    /// Its data is on the way.
    Copying,
    /// Working on a CPU.
    Computing,
}

impl Stretch {
    pub(crate) fn length_s(&self) -> f64 {
        self.to_s - self.from_s
    }

    /// For how long it and a span of time coincide.
    pub(crate) fn within(&self, from_s: f64, to_s: f64) -> f64 {
        (self.to_s.min(to_s) - self.from_s.max(from_s)).max(0.0)
    }

    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, State::Waiting | State::Burning)
    }
}

/// The stretches of each lane, in the order of the lanes.
pub(crate) fn stretches(lanes: &[Lane]) -> Vec<Vec<Stretch>> {
    let plain: Vec<Vec<Stretch>> = lanes.iter().map(plain).collect();
    let mut marked = plain.clone();
    for (place, lane) in lanes.iter().enumerate() {
        // Work for other flows is no waste: it is taken off the CPU that a wait seems to burn.
        let others = || {
            let of_worker = lanes.iter().zip(&plain).enumerate();
            let of_worker = of_worker
                .filter(|(other, (their, _))| *other != place && their.worker == lane.worker);
            of_worker.flat_map(|(_, (_, stretches))| stretches).filter(|theirs| !theirs.waits())
        };
        for (mine, pair) in marked[place].iter_mut().zip(lane.events.windows(2)) {
            let work_s: f64 = others().map(|theirs| theirs.within(mine.from_s, mine.to_s)).sum();
            let cpu_s = pair[1].worker_cpu_s - pair[0].worker_cpu_s - work_s;
            let burns = cpu_s >= BURNING * mine.length_s();
            if mine.waits() && burns && mine.length_s() >= SHORTEST_BURNING_S {
                mine.state = State::Burning;
            }
        }
    }
    marked
}

/// A lane's stretches before anything is known of burnt CPU: one for each pair of neighbours
/// among its events.
fn plain(lane: &Lane) -> Vec<Stretch> {
    let stretch = |pair: &[LaneEvent]| {
        let state = match pair[0].kind {
            EventKind::Submitted | EventKind::Done | EventKind::Failed => State::Queued,
            EventKind::Waiting => State::Waiting,
            EventKind::Copying => State::Copying,
            EventKind::Computing => State::Computing,
        };
        Stretch { from_s: pair[0].at_s, to_s: pair[1].at_s.max(pair[0].at_s), state }
    };
    lane.events.windows(2).map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::{State, stretches};
    use crate::{EventKind, Lane, LaneEvent};

    fn lane(worker: u64, events: &[(f64, EventKind, f64)]) -> Lane {
        let event = |(at_s, kind, worker_cpu_s): &(f64, EventKind, f64)| LaneEvent {
            at_s: *at_s,
            kind: *kind,
            step: 1,
            worker_cpu_s: *worker_cpu_s,
            bytes: None,
        };
        Lane { flow: 0, worker, events: events.iter().map(event).collect() }
    }

    #[test]
    fn a_state_lasts_until_the_next_event() {
        let lane = lane(
            0,
            &[
                (0.0, EventKind::Submitted, 0.0),
                (0.1, EventKind::Waiting, 0.0),
                (0.4, EventKind::Copying, 0.0),
                (0.5, EventKind::Computing, 0.0),
                (0.7, EventKind::Done, 0.2),
            ],
        );
        let found = stretches(&[lane]);
        let states: Vec<_> = found[0].iter().map(|stretch| stretch.state).collect();
        let expected = [State::Queued, State::Waiting, State::Copying, State::Computing];
        assert_eq!(states, expected);
        assert!((found[0][1].length_s() - 0.3).abs() < 1e-9);
    }

    #[test]
    fn a_wait_whose_worker_is_on_a_cpu_burns_it() {
        let wait =
            |cpu_s| lane(0, &[(0.0, EventKind::Waiting, 1.0), (0.3, EventKind::Done, 1.0 + cpu_s)]);
        assert_eq!(stretches(&[wait(0.01)])[0][0].state, State::Waiting);
        assert_eq!(stretches(&[wait(0.29)])[0][0].state, State::Burning);
        assert_eq!(stretches(&[wait(0.1)])[0][0].state, State::Burning, "others want the CPU, too");
    }

    #[test]
    fn a_worker_that_works_for_another_flow_burns_nothing() {
        let waits = lane(0, &[(0.0, EventKind::Waiting, 0.0), (0.3, EventKind::Done, 0.3)]);
        let works =
            |worker| lane(worker, &[(0.0, EventKind::Computing, 0.0), (0.3, EventKind::Done, 0.3)]);
        assert_eq!(stretches(&[waits.clone(), works(0)])[0][0].state, State::Waiting);
        assert_ne!(stretches(&[waits, works(1)])[0][0].state, State::Waiting);
    }

    #[test]
    fn a_wait_that_is_mostly_calls_is_not_said_to_burn() {
        let short = lane(0, &[(0.0, EventKind::Waiting, 0.0), (500e-6, EventKind::Done, 400e-6)]);
        assert_eq!(stretches(&[short])[0][0].state, State::Waiting);
    }
}
