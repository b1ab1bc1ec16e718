//! What an echo comparison is asked for.

use std::time::Duration;

use whywait_plan::duration_text;

use crate::load::LoadWork;

/// For how long a closed loop goes on before its window.
const WARM_UP: Duration = Duration::from_millis(500);

/// Connections to an echo server, and what happens on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EchoOptions {
    /// Connections that are open at once.
    pub connections: usize,
    /// How many of them are busy.
    pub active: usize,
    /// Bytes of each message.
    pub message_bytes: usize,
    /// For how long it is measured.
    pub duration: Duration,
    /// Messages per second over all connections, at fixed times; none sends each message when
    /// the one before is answered.
    pub rate_per_s: Option<f64>,
}

/// Options that make no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EchoError {
    /// There is nothing to connect.
    #[error("an echo server without connections has nothing to do: ask for 1 at least")]
    NoConnections,
    /// More or fewer are busy than there are.
    #[error(
        "{active} of {connections} connections cannot be active: at least one is, and at most all"
    )]
    BadActive {
        /// How many should be busy.
        active: usize,
        /// How many there are.
        connections: usize,
    },
    /// A message has a length.
    #[error("a message of {0} bytes cannot be sent: it has 1 at least, and at most {most}", most = EchoOptions::MOST_MESSAGE_BYTES)]
    BadMessage(usize),
    /// Nothing can be measured in no time.
    #[error("a measurement takes longer than no time at all")]
    NoTime,
    /// A rate is a number of messages.
    #[error("{0} messages per second cannot be sent: it is a number above 0, and at most {most}", most = EchoOptions::MOST_RATE_PER_S)]
    BadRate(f64),
    /// The first message would be due after the end.
    #[error(
        "{rate_per_s} messages per second for {} are none at all: raise --rate or --duration",
        duration_text(*duration)
    )]
    NoMessages {
        /// Messages per second.
        rate_per_s: f64,
        /// For how long.
        duration: Duration,
    },
}

impl Default for EchoOptions {
    /// 1000 connections, all of them busy with messages of 64 bytes, for 2 s.
    fn default() -> Self {
        Self {
            connections: 1000,
            active: 1000,
            message_bytes: 64,
            duration: Duration::from_secs(2),
            rate_per_s: None,
        }
    }
}

impl EchoOptions {
    /// The longest message: the load holds one of each length in memory.
    pub const MOST_MESSAGE_BYTES: usize = 1 << 30;

    /// The highest rate: a message per nanosecond is what the clock can tell apart.
    pub const MOST_RATE_PER_S: f64 = 1e9;

    /// Whether these options make sense.
    ///
    /// # Errors
    /// Which one does not.
    pub fn check(&self) -> Result<(), EchoError> {
        let Self { connections, active, message_bytes, .. } = *self;
        if connections == 0 {
            return Err(EchoError::NoConnections);
        }
        if !(1..=connections).contains(&active) {
            return Err(EchoError::BadActive { active, connections });
        }
        if !(1..=Self::MOST_MESSAGE_BYTES).contains(&message_bytes) {
            return Err(EchoError::BadMessage(message_bytes));
        }
        if self.duration.is_zero() {
            return Err(EchoError::NoTime);
        }
        match self.rate_per_s {
            Some(rate) if !(rate > 0.0 && rate <= Self::MOST_RATE_PER_S) => {
                Err(EchoError::BadRate(rate))
            }
            // As the load rounds: `LoadWork::OpenLoop`.
            Some(rate_per_s) if rate_per_s * self.duration.as_secs_f64() < 0.5 => {
                Err(EchoError::NoMessages { rate_per_s, duration: self.duration })
            }
            _ => Ok(()),
        }
    }

    /// What the load does.
    pub(super) fn load_work(&self) -> LoadWork {
        let duration = self.duration;
        match self.rate_per_s {
            Some(rate_per_s) => LoadWork::OpenLoop { rate_per_s, duration },
            None => LoadWork::ClosedLoop { warm_up: WARM_UP, duration },
        }
    }

    /// The least that one run takes.
    pub(super) fn least(&self) -> Duration {
        match self.load_work() {
            LoadWork::Verify => Duration::ZERO,
            LoadWork::ClosedLoop { warm_up, duration } => warm_up.saturating_add(duration),
            LoadWork::OpenLoop { duration, .. } => duration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_without_sense_are_named() {
        let good = EchoOptions::default();
        assert_eq!(good.check(), Ok(()));
        let no_connections = EchoOptions { connections: 0, active: 0, ..good };
        assert_eq!(no_connections.check(), Err(EchoError::NoConnections));
        let active = EchoOptions { active: 1001, ..good }.check().unwrap_err().to_string();
        assert!(active.contains("1001 of 1000"), "{active}");
        assert_eq!(EchoOptions { message_bytes: 0, ..good }.check(), Err(EchoError::BadMessage(0)));
        assert_eq!(
            EchoOptions { duration: Duration::ZERO, ..good }.check(),
            Err(EchoError::NoTime)
        );
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e10] {
            let bad = EchoOptions { rate_per_s: Some(rate), ..good };
            assert!(matches!(bad.check(), Err(EchoError::BadRate(_))), "{rate}");
        }
        let none = EchoOptions { rate_per_s: Some(0.1), ..good }.check().unwrap_err();
        assert!(none.to_string().contains("0.1 messages per second for 2 s"), "{none}");
    }
}
