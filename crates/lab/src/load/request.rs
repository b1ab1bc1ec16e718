//! What load is asked for.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Load on an echo server: a server that sends back what it receives on each connection.
///
/// Every connection is opened, and has had one message answered, before anything is timed, so
/// that the server has really accepted all of them. They stay open until the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadRequest {
    /// Where the server listens; connections take the addresses in turn. On IPv4 loopback each
    /// process of the load has source addresses of its own in 127/8, so that ports suffice.
    pub addresses: Vec<SocketAddr>,
    /// Connections to hold.
    pub connections: usize,
    /// How many of them are busy, spread evenly; at most all.
    pub active: usize,
    /// Bytes of each message, at least one. They depend on the connection and on how many
    /// messages it had before.
    pub message_bytes: usize,
    /// What to do once all connections are open.
    pub work: LoadWork,
    /// How long an answer may take before the connection has failed.
    pub patience: Duration,
    /// How long everything may take.
    pub limit: Duration,
    /// The CPU that the load keeps to; none leaves it to the kernel.
    pub cpu: Option<usize>,
}

/// What is done over connections that are open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum LoadWork {
    /// Nothing more: the answers to the first messages are digested, not compared.
    Verify,
    /// Each active connection sends its next message when the last one is answered.
    ClosedLoop {
        /// For how long that goes on before the window begins.
        warm_up: Duration,
        /// How long the window is.
        duration: Duration,
    },
    /// Messages are due at fixed times, on the active connections in turn, whether or not the
    /// ones before are answered. A message whose connection is busy waits for it, and its
    /// latency counts from when it was due.
    OpenLoop {
        /// Messages per second, over all connections.
        rate_per_s: f64,
        /// For how long messages are due: `rate_per_s × duration` of them, to the nearest. The
        /// window is as long, or longer if the last answer comes later.
        duration: Duration,
    },
}

impl LoadRequest {
    /// Load on one server: all connections active, 64 bytes, closed loop for 2 s after 0.5 s.
    #[must_use]
    pub fn new(address: SocketAddr, connections: usize) -> Self {
        Self {
            addresses: vec![address],
            connections,
            active: connections,
            message_bytes: 64,
            work: LoadWork::ClosedLoop {
                warm_up: Duration::from_millis(500),
                duration: Duration::from_secs(2),
            },
            patience: Duration::from_secs(10),
            limit: Duration::from_secs(120),
            cpu: None,
        }
    }
}

/// What one process of the load does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LoadShare {
    /// The process that asks; the load ends with it.
    pub(crate) parent: i32,
    /// The number of its first connection among all of them.
    pub(crate) first_connection: usize,
    /// The load as this process is to make it: its share of connections and rate.
    pub(crate) request: LoadRequest,
}

impl LoadRequest {
    /// Divides the load among as few processes as can hold the connections.
    pub(crate) fn shares(&self, parent: i32, most_connections: usize) -> Vec<LoadShare> {
        let processes = self.connections.div_ceil(most_connections).max(1);
        let first_of = |part: usize| self.connections * part / processes;
        // Of the connections, not of the processes: none gets more active ones than connections.
        let active_before = |connection: usize| self.active * connection / self.connections.max(1);
        let share = |part: usize| {
            let (first_connection, end) = (first_of(part), first_of(part + 1));
            let active = active_before(end) - active_before(first_connection);
            let request = Self {
                connections: end - first_connection,
                active,
                work: self.work.scaled(active as f64 / self.active as f64),
                ..self.clone()
            };
            LoadShare { parent, first_connection, request }
        };
        (0..processes).map(share).collect()
    }
}

impl LoadWork {
    fn scaled(self, part: f64) -> Self {
        match self {
            Self::OpenLoop { rate_per_s, duration } => {
                Self::OpenLoop { rate_per_s: rate_per_s * part, duration }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        for (connections, active) in [(1001, 77), (1004, 1003), (1009, 1009), (1099, 1)] {
            check_shares(connections, active);
        }
    }

    fn check_shares(connections: usize, active: usize) {
        let work = LoadWork::OpenLoop { rate_per_s: 1000.0, duration: Duration::from_secs(1) };
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let whole = LoadRequest { active, work, ..LoadRequest::new(address, connections) };
        let shares = whole.shares(1, 100);
        assert_eq!(shares.len(), 11);
        let mut next = 0;
        let (mut busy, mut rate) = (0, 0.0);
        for share in &shares {
            assert_eq!(share.first_connection, next);
            assert!(share.request.connections <= 100, "{share:?}");
            assert!(share.request.active <= share.request.connections, "{share:?}");
            next += share.request.connections;
            busy += share.request.active;
            if let LoadWork::OpenLoop { rate_per_s, .. } = share.request.work {
                rate += rate_per_s;
            }
        }
        assert_eq!((next, busy), (connections, active));
        assert!((rate - 1000.0).abs() < 1e-6, "{rate}");
    }
}
