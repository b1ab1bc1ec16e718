//! Echo with so many connections, as a discipline in which every server runs once a round.
//!
//! A sample is a server started afresh, all connections opened and served once, some warming up,
//! and a window in which the server's CPU time is read twice while the load goes on. A server
//! that lost a byte or a connection fails. Left out on purpose: latencies. The load is a closed
//! loop, in which they say no more than the rate does.

use std::thread;
use std::time::Duration;

use whywait_lab::Stop;
use whywait_lab::load::{LoadEvent, LoadRequest, LoadResult, LoadWork, generate};

use super::shape::MESSAGE_BYTES;
use super::{ServerProcess, Shape, Usage, resident_bytes, server_names};
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::cpus::{CpuPair, Nearness, ping_pong_ns};
use crate::failure::Failure;
use crate::race::Discipline;

/// Echo in one shape.
#[derive(Debug)]
pub(crate) struct EchoRace {
    pub(crate) builds: Builds,
    pub(crate) shape: Shape,
    pub(crate) cpus: CpuPair,
    pub(crate) window: Duration,
}

/// A server that listens may still be making what it needs for its first connection.
const SETTLING: Duration = Duration::from_millis(20);
/// Before the window.
const WARM_UP: Duration = Duration::from_millis(300);
/// No sample takes longer.
const LIMIT: Duration = Duration::from_secs(60);

impl Discipline for EchoRace {
    fn headings(&self) -> Vec<Heading> {
        let shape = self.shape;
        let heading = |work, unit, about| Heading { title: format!("{work} {shape}"), unit, about };
        let mut headings = vec![
            heading("echo", "µs", "server CPU time per round trip"),
            heading("rate", "1/s", "round trips per second; more is better"),
        ];
        if shape.is_largest() {
            headings.push(heading("memory", "B", "server memory per connection"));
        }
        headings
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(server_names())
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let before_ns = ping_pong_ns(self.cpus)?;
        let mut server = ServerProcess::of(&self.builds, contestant, self.cpus.server)?;
        let seen = match self.observe(&server) {
            Ok(seen) => seen,
            Err(error) => return Err(server.last_words().unwrap_or(error)),
        };
        drop(server);
        let nearness = Nearness::of(before_ns, ping_pong_ns(self.cpus)?);
        let figure = |value| Figure { value, nearness: Some(nearness) };
        let rate = seen.result.round_trips_per_s();
        let mut figures = vec![figure(seen.cpu_share / rate * 1e6), figure(rate)];
        if self.shape.is_largest() {
            let value = seen.memory_bytes / self.shape.connections as f64;
            figures.push(Figure { value, nearness: None });
        }
        Ok(figures)
    }
}

/// What one window showed.
struct Seen {
    result: LoadResult,
    /// CPU seconds of the server per second.
    cpu_share: f64,
    /// What all connections together added to its memory.
    memory_bytes: f64,
}

impl EchoRace {
    fn observe(&self, server: &ServerProcess) -> Result<Seen, Failure> {
        thread::sleep(SETTLING);
        let idle_bytes = resident_bytes(server.id())?;
        let mut began = Err("the window did not begin".into());
        let mut ended = Err("the window did not end".into());
        let mut full_bytes = Err("the window did not end".into());
        let mut look = |event| match event {
            LoadEvent::Ready => {}
            LoadEvent::Began => began = Usage::read(server.id()),
            LoadEvent::Ended => {
                ended = Usage::read(server.id());
                full_bytes = resident_bytes(server.id());
            }
        };
        let result = generate(&self.request(server), &Stop::default(), &mut look)?;
        self.check(&result)?;
        let memory_bytes = full_bytes? as f64 - idle_bytes as f64;
        Ok(Seen { result, cpu_share: ended?.share_since(&began?)?, memory_bytes })
    }

    fn request(&self, server: &ServerProcess) -> LoadRequest {
        LoadRequest {
            active: self.shape.active,
            message_bytes: MESSAGE_BYTES,
            work: LoadWork::ClosedLoop { warm_up: WARM_UP, duration: self.window },
            limit: LIMIT,
            cpu: Some(self.cpus.load),
            ..LoadRequest::new(server.address, self.shape.connections)
        }
    }

    /// That nothing was lost.
    fn check(&self, result: &LoadResult) -> Result<(), Failure> {
        let all = self.shape.connections as u64;
        let LoadResult { connected, failed_connections, bytes_sent, bytes_received, .. } = *result;
        if let Some(first) = &result.first_failure {
            return Err(format!("{failed_connections} of {all} connections failed: {first}").into());
        }
        if connected != all || bytes_sent != bytes_received {
            let text = format!(
                "{connected} of {all} connections served, {bytes_received} of {bytes_sent} bytes"
            );
            return Err(text.into());
        }
        let bytes = result.all_round_trips * MESSAGE_BYTES as u64;
        if result.round_trips == 0 || bytes > bytes_sent {
            return Err(
                format!("{} round trips with {bytes_sent} bytes", result.round_trips).into()
            );
        }
        Ok(())
    }
}
