//! A server being watched, as a discipline in which every watcher watches once a round.
//!
//! A sample is a window in which the watcher watches, held against the mean of the windows before
//! and after it in which nobody does; the one after is the next sample's one before. Left out on
//! purpose: the time in which a watcher attaches itself and lets go.

use std::cell::{Cell, RefCell};
use std::thread;
use std::time::Duration;

use super::redis::{RedisUnderLoad, Window};
use super::started::Started;
use super::watchers::{WATCHERS, Watcher};
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::cpus::Nearness;
use crate::echo::Usage;
use crate::failure::Failure;
use crate::race::Discipline;

/// Watching one server under one load.
pub(crate) struct WatchRace {
    redis: RefCell<RedisUnderLoad>,
    builds: Builds,
    window: Duration,
    /// The last window in which nobody watched.
    before: Cell<Option<Window>>,
}

/// What a watcher leaves behind for a moment, such as programs that the kernel still frees.
const LETTING_GO: Duration = Duration::from_millis(300);
/// A window that ended longer ago is no neighbour.
const NEIGHBOUR: Duration = Duration::from_secs(1);

impl WatchRace {
    /// Watches for `window` at a time, with these builds of whywait among the watchers.
    pub(crate) fn new(redis: RedisUnderLoad, builds: Builds, window: Duration) -> Self {
        Self { redis: RefCell::new(redis), builds, window, before: Cell::new(None) }
    }
}

impl Discipline for WatchRace {
    fn headings(&self) -> Vec<Heading> {
        let heading = |title: &str, unit, about| Heading { title: title.into(), unit, about };
        vec![
            heading("throughput", "×", "requests per second, watched by unwatched; more is better"),
            heading("server-cpu", "×", "server CPU time per request, watched by unwatched"),
            heading("requests", "1/s", "requests per second while watched"),
            heading("cpu-request", "µs", "server CPU time per request while watched"),
            heading("own-cpu", "ms/s", "the watcher's own CPU time, per second of watching"),
        ]
    }

    fn contestants(&self) -> Vec<String> {
        let here = WATCHERS.iter().filter(|watcher| watcher.lacks().is_none());
        self.builds.contestants(here.map(|watcher| watcher.name))
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let (whywait, name) = self.builds.program_of(contestant);
        let watcher = Watcher::named(&name).ok_or("there is no such watcher")?;
        let mut redis = self.redis.borrow_mut();
        let recent = self.before.take().filter(|window| window.ended_at.elapsed() < NEIGHBOUR);
        let before = recent.map_or_else(|| redis.window(self.window), Ok)?;
        let mut started = Started::start(watcher, whywait, redis.server())?;
        let mut own_cpu_s = 0.0;
        let watched = match &mut started {
            None => redis.window(self.window)?,
            Some(watching) => {
                let own = Usage::read(watching.id())?;
                let watched = redis.window(self.window)?;
                watching.check_running()?;
                own_cpu_s = Usage::read(watching.id())?.share_since(&own)?;
                watched
            }
        };
        if let Some(watching) = started {
            watching.end()?;
        }
        thread::sleep(LETTING_GO);
        let after = redis.window(self.window)?;
        self.before.set(Some(after));
        Ok(figures(&before, &watched, &after, own_cpu_s))
    }
}

fn figures(before: &Window, watched: &Window, after: &Window, own_cpu_s: f64) -> Vec<Figure> {
    let same = [before, after].iter().all(|window| window.nearness == watched.nearness);
    let nearness = Some(if same { watched.nearness } else { Nearness::Moved });
    let ratio = |of: fn(&Window) -> f64| of(watched) / ((of(before) + of(after)) / 2.0);
    let figure = |value| Figure { value, nearness };
    vec![
        figure(ratio(|window| window.requests_per_s)),
        figure(ratio(|window| window.cpu_request_us)),
        figure(watched.requests_per_s),
        figure(watched.cpu_request_us),
        Figure { value: own_cpu_s * 1e3, nearness: None },
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Window, figures};
    use crate::cpus::Nearness;

    fn window(requests_per_s: f64, nearness: Nearness) -> Window {
        let ended_at = Instant::now();
        Window { requests_per_s, cpu_request_us: 1e6 / requests_per_s, nearness, ended_at }
    }

    #[test]
    fn a_window_is_held_against_the_mean_of_its_neighbours() {
        let [before, watched, after] = [90.0, 50.0, 110.0].map(|rate| window(rate, Nearness::Near));
        let figures = figures(&before, &watched, &after, 0.25);
        assert_eq!(figures[0].value, 0.5);
        assert_eq!(figures[2].value, 50.0);
        assert_eq!(figures[4].value, 250.0);
        assert_eq!(figures[0].nearness, Some(Nearness::Near));
    }

    #[test]
    fn neighbours_of_another_state_do_not_compare() {
        let [before, watched] = [Nearness::Near, Nearness::Far].map(|state| window(1.0, state));
        let figures = figures(&before, &watched, &watched, 0.0);
        assert_eq!(figures[0].nearness, Some(Nearness::Moved));
    }
}
