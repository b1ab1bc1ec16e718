//! Serving echo, as the work of a comparison.

use std::time::{Duration, Instant};

use whywait_report::Run;

use super::EchoOptions;
use super::cpu_split::CpuSplit;
use super::message::ServerRequest;
use super::sample::Seen;
use super::server::{EchoServer, ServerEnd};
use super::usage::{ServerMemory, ServerUsage};
use crate::Stop;
use crate::companion::Silence;
use crate::load::{LoadError, LoadEvent, LoadRequest, LoadResult, LoadWork, generate};
use crate::racer::{Out, Racer};
use crate::rounds::{Desk, Work};

/// How long an answer may take before its connection has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serving echo.
pub(super) struct EchoWork {
    pub(super) options: EchoOptions,
    pub(super) split: CpuSplit,
}

/// Why a run gave nothing.
enum End {
    /// All shall end.
    Stopped,
    /// It took longer than allowed.
    TooLong,
    /// The model takes no further part.
    Out(Out),
}

impl Work for EchoWork {
    fn warm_up(&mut self, _: &mut Desk<'_>) {}

    fn measure(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out> {
        let limit = desk.options.time_limit;
        match self.run(racer, self.options.load_work(), limit, desk.stop) {
            Ok(seen) => {
                note_unanswered(racer, &seen.load);
                racer.take_served(seen.into_sample());
                Ok(())
            }
            Err(end) => end.result(limit),
        }
    }

    fn between_rounds(&mut self, _: &mut Desk<'_>) {}

    fn verify(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out> {
        let limit = desk.options.time_limit;
        match self.run(racer, LoadWork::Verify, limit, desk.stop) {
            Ok(seen) => {
                racer.digest = seen.load.digest.map(|digest| format!("blake3:{digest}"));
                Ok(())
            }
            Err(end) => end.result(limit),
        }
    }

    fn close(self, runs: &mut [Run], _: &mut Desk<'_>) {
        if self.split.load.is_none() {
            let text = "the load had no CPU of its own: there is one, and the server was on it";
            runs.iter_mut().for_each(|run| run.notes.push(text.into()));
        }
    }
}

impl EchoWork {
    /// A fresh server, load on it, and the server's end.
    fn run(
        &self,
        racer: &Racer,
        work: LoadWork,
        limit: Duration,
        stop: &Stop,
    ) -> Result<Seen, End> {
        // None is further away than the clock can count to.
        let deadline = Instant::now().checked_add(limit);
        let model = racer.entrant.model;
        let request = ServerRequest {
            parent: std::process::id() as i32,
            model,
            cpus: self.split.for_server(model).to_vec(),
        };
        let mut server = EchoServer::start(&request, deadline, stop)?;
        let idle = server.memory()?;
        let request = LoadRequest {
            active: self.options.active,
            message_bytes: self.options.message_bytes,
            work,
            patience: PATIENCE,
            limit,
            cpu: self.split.load,
            ..LoadRequest::new(server.address, self.options.connections)
        };
        let mut watch = Watch { server: &mut server, began: None, ended: None };
        let load = generate(&request, stop, &mut |event| watch.look(event));
        let (began, ended) = (watch.began.transpose()?, watch.ended.transpose()?);
        // A server that died says why; that its connections ended is what follows.
        let served = server.stop();
        let load = load.map_err(End::from)?;
        let served = served?;
        if let Some(failure) = &load.first_failure {
            return Err(failed(failure, &load, served.first_failure.as_deref()));
        }
        if let Some(failure) = &served.first_failure {
            return Err(End::Out(Out::Failed(format!(
                "the server failed a connection: {failure}"
            ))));
        }
        let (used, full) = match (began, ended) {
            (Some(began), Some((ended, full))) => (ended - began, full),
            _ => (ServerUsage::default(), idle),
        };
        Ok(Seen { idle, full, used, load, served })
    }
}

/// Looks at the server at the window's ends.
struct Watch<'a, 'b> {
    server: &'a mut EchoServer<'b>,
    began: Option<Result<ServerUsage, ServerEnd>>,
    ended: Option<Result<(ServerUsage, ServerMemory), ServerEnd>>,
}

impl Watch<'_, '_> {
    fn look(&mut self, event: LoadEvent) {
        match event {
            LoadEvent::Ready => {}
            LoadEvent::Began => self.began = Some(self.server.usage()),
            LoadEvent::Ended => {
                let used = self.server.usage();
                self.ended = Some(used.and_then(|used| Ok((used, self.server.memory()?))));
            }
        }
    }
}

fn failed(failure: &str, load: &LoadResult, of_server: Option<&str>) -> End {
    let others = match load.failed_connections {
        1 => String::new(),
        failed => format!(" ({failed} connections failed; this is the first)"),
    };
    let server = of_server.map(|why| format!("; the server: {why}")).unwrap_or_default();
    End::Out(Out::Failed(format!("{failure}{others}{server}")))
}

fn note_unanswered(racer: &mut Racer, load: &LoadResult) {
    if load.unanswered > 0 {
        let due = load.round_trips + load.unanswered;
        racer.notes.push(format!(
            "of {due} messages that were due in a run, {} were not answered within {PATIENCE:?} \
             of its end: the rate is too high for it",
            load.unanswered
        ));
    }
}

impl End {
    /// What becomes of the model.
    fn result(self, limit: Duration) -> Result<(), Out> {
        match self {
            Self::Stopped => Ok(()),
            Self::TooLong => Err(Out::too_long(limit)),
            Self::Out(out) => Err(out),
        }
    }
}

impl From<ServerEnd> for End {
    fn from(end: ServerEnd) -> Self {
        match end {
            ServerEnd::Silent(Silence::Stopped) => Self::Stopped,
            ServerEnd::Silent(Silence::TooLong) => Self::TooLong,
            ServerEnd::Unable(why) => Self::Out(Out::Skipped(why)),
            other => Self::Out(Out::Failed(other.to_string())),
        }
    }
}

impl From<LoadError> for End {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Stopped => Self::Stopped,
            LoadError::TooLong => Self::TooLong,
            other => Self::Out(Out::Failed(other.to_string())),
        }
    }
}
