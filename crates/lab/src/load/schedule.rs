//! When the messages of an open loop are due.

use std::time::{Duration, Instant};

/// Messages at fixed times, on the active connections in turn.
pub(super) struct Schedule {
    start: Instant,
    interval_s: f64,
    /// When the window ends at the earliest.
    pub(super) end: Instant,
    /// Messages in all.
    pub(super) total: u64,
    /// Messages that are due by now.
    pub(super) due: u64,
    /// The connections that take them in turn, by position.
    turn: Vec<usize>,
    /// By position of the connection, the number of the next message that it takes.
    next: Vec<u64>,
}

impl Schedule {
    /// Of `rate_per_s × duration` messages from `start` on; `turn` lists the active ones of so
    /// many connections.
    pub(super) fn new(
        start: Instant,
        rate_per_s: f64,
        duration: Duration,
        turn: Vec<usize>,
        connections: usize,
    ) -> Self {
        let mut next = vec![u64::MAX; connections];
        turn.iter().zip(0..).for_each(|(position, number)| next[*position] = number);
        let total = (rate_per_s * duration.as_secs_f64()).round() as u64;
        let total = if turn.is_empty() { 0 } else { total };
        let end = start + duration;
        Self { start, interval_s: 1.0 / rate_per_s, end, total, due: 0, turn, next }
    }

    /// When a message is due.
    pub(super) fn time_of(&self, message: u64) -> Instant {
        self.start + Duration::from_secs_f64(message as f64 * self.interval_s)
    }

    /// The position of the connection that takes the next message, if one is due by `now` that
    /// was not before.
    pub(super) fn fall_due(&mut self, now: Instant) -> Option<usize> {
        if self.due == self.total || self.time_of(self.due) > now {
            return None;
        }
        let position = self.turn[(self.due % self.turn.len() as u64) as usize];
        self.due += 1;
        Some(position)
    }

    /// Takes the message that a connection has to send now, if one is due; gives since when.
    pub(super) fn take(&mut self, position: usize) -> Option<Instant> {
        let message = self.next[position];
        if message >= self.due {
            return None;
        }
        self.next[position] += self.turn.len() as u64;
        Some(self.time_of(message))
    }

    /// When the messages are due that a connection has not sent.
    pub(super) fn waiting(&self, position: usize) -> impl Iterator<Item = Instant> {
        let step = self.turn.len().max(1);
        (self.next[position]..self.total).step_by(step).map(|message| self.time_of(message))
    }

    pub(super) fn turn(&self) -> &[usize] {
        &self.turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_its_time_and_its_connection() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut schedule = Schedule::new(start, 10.0, second, vec![1, 3], 4);
        assert_eq!(schedule.total, 10);
        assert_eq!(schedule.fall_due(start), Some(1));
        assert_eq!(schedule.fall_due(start), None);
        assert_eq!(schedule.take(3), None, "its first is not due");
        assert_eq!(schedule.take(1), Some(start));
        let later = start + second;
        let rest: Vec<_> = std::iter::from_fn(|| schedule.fall_due(later)).collect();
        assert_eq!(rest, [3, 1, 3, 1, 3, 1, 3, 1, 3]);
        assert_eq!(schedule.take(3), Some(schedule.time_of(1)), "it counts from when it was due");
        assert_eq!(schedule.waiting(3).count(), 4);
        assert_eq!(schedule.waiting(1).next(), Some(schedule.time_of(2)));
    }

    #[test]
    fn nobody_active_means_no_messages() {
        let schedule = Schedule::new(Instant::now(), 10.0, Duration::from_secs(1), vec![], 4);
        assert_eq!(schedule.total, 0);
    }
}
