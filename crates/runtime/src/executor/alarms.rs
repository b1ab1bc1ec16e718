//! Who is to be woken when.
//!
//! A sleep is no operation where operations overlap: the driver need not know of it, but only of
//! the next due time, until which it may wait. So a sleep costs a place here and no more, and a
//! hundred thousand of them four megabytes.
//!
//! An alarm that was cancelled leaves its due time behind until that comes or such outnumber the
//! others, so that nothing is ever searched for.

use std::task::Waker;
use std::time::{Duration, Instant};

use super::due_times::DueTimes;
use super::places::Places;

/// Due times of cancelled alarms that may stay before a clean-up is worth its while.
const STALE_FLOOR: usize = 64;

/// The due time of a place that waits for nothing.
const NEVER: u64 = u64::MAX;

/// The alarms of one worker.
pub(super) struct Alarms {
    /// Due times are nanoseconds since then.
    epoch: Instant,
    due: DueTimes,
    places: Places<Place>,
    waiting: usize,
    /// How many have rung.
    rung: u64,
}

struct Place {
    waker: Option<Waker>,
    due: u64,
}

/// What has become of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// It is not due.
    Waiting,
    /// It rang, and its place is another's from here on.
    Rang,
}

impl Alarms {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            due: DueTimes::default(),
            places: Places::default(),
            waiting: 0,
            rung: 0,
        }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// How many have rung so far.
    pub(super) fn rung(&self) -> u64 {
        self.rung
    }

    /// Sets an alarm, `duration` after `now`; gives its place.
    pub(super) fn set(&mut self, now: Instant, duration: Duration, waker: Waker) -> u32 {
        let from_epoch = now.saturating_duration_since(self.epoch).saturating_add(duration);
        let due = u64::try_from(from_epoch.as_nanos()).unwrap_or(NEVER).min(NEVER - 1);
        let index = self.places.put(Place { waker: Some(waker), due });
        self.due.push((due, index));
        self.waiting += 1;
        index
    }

    /// Looks at an alarm; if it is not due, `waker` is woken when it is.
    pub(super) fn poll(&mut self, index: u32, waker: &Waker) -> Alarm {
        let place = &mut self.places[index];
        if place.due == NEVER {
            self.places.free(index);
            return Alarm::Rang;
        }
        if !place.waker.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            place.waker = Some(waker.clone());
        }
        Alarm::Waiting
    }

    /// Gives up an alarm that nobody looks at any more.
    pub(super) fn cancel(&mut self, index: u32) {
        let place = &mut self.places[index];
        place.waker = None;
        self.waiting -= usize::from(place.due != NEVER);
        place.due = NEVER;
        self.places.free(index);
        if self.due.len() > 2 * self.waiting + STALE_FLOOR {
            let places = &self.places;
            self.due.retain(|(due, index)| places[index].due == due);
        }
    }

    /// When the next one is due. It may have been cancelled: the wait then ends early, once.
    pub(super) fn next(&self) -> Option<Instant> {
        let (due, _) = self.due.first()?;
        self.epoch.checked_add(Duration::from_nanos(due))
    }

    /// Takes out those that are due by `now`; appends whom to wake.
    pub(super) fn ring(&mut self, now: Instant, woken: &mut Vec<Waker>) {
        let now = now.saturating_duration_since(self.epoch).as_nanos();
        let now = u64::try_from(now).unwrap_or(NEVER);
        while let Some((due, index)) = self.due.pop_due(now) {
            let place = &mut self.places[index];
            if place.due == due {
                place.due = NEVER;
                self.waiting -= 1;
                self.rung += 1;
                woken.extend(place.waker.take());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn ring_all(alarms: &mut Alarms, now: Instant) -> usize {
        let mut woken = Vec::new();
        alarms.ring(now, &mut woken);
        woken.into_iter().map(Waker::wake).count()
    }

    #[test]
    fn alarms_ring_when_due_and_once() {
        let (mut alarms, bell) = (Alarms::new(), Arc::new(Bell::default()));
        let waker = Waker::from(Arc::clone(&bell));
        let start = alarms.epoch;
        let at = |millis| start + Duration::from_millis(millis);
        let late = alarms.set(start, Duration::from_millis(20), waker.clone());
        let early = alarms.set(start, Duration::from_millis(10), waker.clone());
        let never = alarms.set(start, Duration::MAX, waker.clone());
        assert_eq!(alarms.next(), Some(at(10)));
        assert_eq!(ring_all(&mut alarms, at(9)), 0);
        assert_eq!(ring_all(&mut alarms, at(10)), 1);
        assert_eq!(alarms.poll(early, &waker), Alarm::Rang);
        assert_eq!(alarms.poll(late, &waker), Alarm::Waiting);
        assert_eq!(ring_all(&mut alarms, at(1_000_000)), 1);
        assert_eq!(alarms.poll(late, &waker), Alarm::Rang);
        assert_eq!(alarms.poll(never, &waker), Alarm::Waiting);
        alarms.cancel(never);
        assert!(alarms.is_empty());
        assert_eq!(bell.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_a_cancelled_alarm_leaves_behind_wakes_nobody_else() {
        let (mut alarms, bell) = (Alarms::new(), Arc::new(Bell::default()));
        let waker = Waker::from(Arc::clone(&bell));
        let start = alarms.epoch;
        let first = alarms.set(start, Duration::from_millis(10), waker.clone());
        alarms.cancel(first);
        let second = alarms.set(start, Duration::from_millis(30), waker.clone());
        assert_eq!(first, second, "the place is used again");
        assert_eq!(ring_all(&mut alarms, start + Duration::from_millis(20)), 0);
        assert_eq!(ring_all(&mut alarms, start + Duration::from_millis(30)), 1);
    }

    #[test]
    fn cancelled_alarms_do_not_pile_up() {
        let mut alarms = Alarms::new();
        let now = alarms.epoch;
        for _ in 0..10_000 {
            let place = alarms.set(now, Duration::from_secs(3600), Waker::noop().clone());
            alarms.cancel(place);
        }
        assert!(alarms.due.len() <= STALE_FLOOR + 1, "{} stay", alarms.due.len());
        assert_eq!(alarms.places.most(), 1);
    }
}
