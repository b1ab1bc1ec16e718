//! Carries out one flow of a plan over the library, under whatever model that runs.

mod download;
mod failure;
mod files;
mod network;
mod outcome;
mod recorder;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use whywait::fs;
use whywait::time::sleep;
use whywait_plan::{Action, Plan, Step};

pub(crate) use self::download::body_name;
pub(crate) use self::outcome::{FlowOutcome, Moved, Told};
pub(crate) use self::recorder::lanes;

use self::failure::{Failure, at};
use self::files::OpenFile;
use self::network::OpenConnection;
use self::outcome::Lateness;
use self::recorder::{Recorder, thread_cpu};
use crate::{PeerAddresses, RunPart};

/// The most flows of a plan whose order of events is recorded.
const RECORDED_FLOWS: u32 = 20;

/// What all flows of a run share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FlowContext {
    pub(crate) plan: SharedPlan,
    pub(crate) part: RunPart,
    pub(crate) peers: PeerAddresses,
    /// Where bodies are put down that are to be kept.
    pub(crate) bodies: Option<PathBuf>,
}

impl FlowContext {
    fn steps_of(&self, flow: u32) -> &[Arc<dyn Step>] {
        match self.part {
            RunPart::Setup => self.plan.0.setup_steps_of(flow),
            RunPart::Measure | RunPart::Verify => self.plan.0.steps_of(flow),
        }
    }

    fn records(&self) -> bool {
        self.part == RunPart::Verify && self.plan.0.flow_count() <= RECORDED_FLOWS
    }

    /// Whether the flow does nothing but sleep, and nobody wants to know in what order.
    fn is_only_late(&self, flow: u32) -> bool {
        let mut steps = self.steps_of(flow).iter();
        !self.records() && steps.all(|step| matches!(step.action(flow), Action::Sleep(_)))
    }

    /// How long a step of a flow sleeps; none when it does something else, or is none.
    fn sleep_at(&self, flow: u32, step: u32) -> Option<Duration> {
        match self.steps_of(flow).get(step as usize)?.action(flow) {
            Action::Sleep(duration) => Some(duration),
            _ => None,
        }
    }
}

/// A plan that travels as its text.
#[derive(Debug)]
pub(crate) struct SharedPlan(pub(crate) Plan);

impl Serialize for SharedPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_toml().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Plan::parse("the plan", &text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Runs one flow; its failure is part of what it gives.
///
/// What is kept while a flow only sleeps is a few dozen bytes beside the sleep itself. The future
/// of everything else is ten times as large and stands on the heap, for as long as the flow runs.
#[expect(
    clippy::manual_async_fn,
    reason = "the future of an `async fn` keeps its arguments twice, and so does each inside it"
)]
pub(crate) fn run_flow(
    context: Arc<FlowContext>,
    number: u32,
) -> impl Future<Output = FlowOutcome> {
    async move {
        if !context.is_only_late(number) {
            return Box::pin(act_all(context, number)).await;
        }
        let mut lateness = Lateness::default();
        let mut index = 0_u32;
        while let Some(duration) = context.sleep_at(number, index) {
            let due = Instant::now() + duration;
            sleep(duration).await;
            lateness.note(Instant::now().saturating_duration_since(due));
            index += 1;
        }
        FlowOutcome { told: None, lateness }
    }
}

/// Runs a flow of any steps.
async fn act_all(context: Arc<FlowContext>, number: u32) -> FlowOutcome {
    let mut flow = Flow::new(&context, number);
    let mut failure = None;
    for (index, step) in context.steps_of(number).iter().enumerate() {
        let action = step.action(number);
        let before = flow.moved;
        if let Some(recorder) = &mut flow.recorder {
            recorder.begin(index, &action);
        }
        let acted = flow.act(action).await;
        flow.note_end(index, acted.is_ok(), before);
        if let Err(error) = acted {
            failure = Some(describe(number, index, &**step, &error));
            break;
        }
    }
    flow.into_outcome(failure)
}

fn describe(flow: u32, index: usize, step: &dyn Step, error: &Failure) -> String {
    format!("flow {flow}, step {} (`{}`): {error}", index + 1, step.name())
}

/// A flow in progress.
struct Flow<'a> {
    context: &'a FlowContext,
    number: u32,
    file: Option<OpenFile>,
    connection: Option<Box<OpenConnection>>,
    /// How many were begun.
    downloads: u32,
    moved: Moved,
    lateness: Lateness,
    /// In a verifying run.
    hasher: Option<Box<blake3::Hasher>>,
    recorder: Option<Recorder>,
}

impl<'a> Flow<'a> {
    fn new(context: &'a FlowContext, number: u32) -> Self {
        Self {
            context,
            number,
            file: None,
            connection: None,
            downloads: 0,
            moved: Moved::default(),
            lateness: Lateness::default(),
            hasher: (context.part == RunPart::Verify).then(Box::default),
            recorder: context.records().then(Recorder::new),
        }
    }

    async fn act(&mut self, action: Action<'_>) -> Result<(), Failure> {
        match action {
            Action::Create { path } => self.create(path).await?,
            Action::Open { path, mode } => self.open(path, mode).await?,
            Action::Read { bytes } => self.read(bytes.unwrap_or(u64::MAX), None).await?,
            Action::ReadAt { offset, bytes } => self.read(bytes, Some(offset)).await?,
            Action::Write(content) => self.write(content, None).await?,
            Action::WriteAt(content, offset) => self.write(content, Some(offset)).await?,
            Action::Fsync => self.fsync().await?,
            Action::Stat { path } => drop(at(&path, fs::stat(&path).await)?),
            Action::Mkdir { path } => at(&path, fs::mkdir(&path).await)?,
            Action::Unlink { path } => at(&path, fs::unlink(&path).await)?,
            Action::Close => self.close().await?,
            Action::ReadFile { path } => self.read_file(path).await?,
            Action::WriteFile { path, content } => self.write_file(path, content).await?,
            Action::Sleep(duration) => {
                let due = Instant::now() + duration;
                sleep(duration).await;
                self.lateness.note(Instant::now().saturating_duration_since(due));
            }
            Action::Cpu(duration) => compute(duration),
            Action::Connect { peer, timeout } => self.connect(peer, timeout).await?,
            Action::Accept { peer, timeout } => self.accept(peer, timeout).await?,
            Action::Send { content, timeout } => self.send(content, timeout).await?,
            Action::Recv { bytes, timeout } => self.recv(bytes, timeout).await?,
            Action::RecvUntil { delimiter, most_bytes, timeout } => {
                self.recv_until(delimiter, most_bytes, timeout).await?;
            }
            Action::Shutdown => self.shutdown().await?,
            Action::Get { target, save, timeout } => self.download(target, save, timeout).await?,
        }
        Ok(())
    }

    fn note_first_bytes(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.first_bytes();
        }
    }

    fn note_end(&mut self, step: usize, is_done: bool, before: Moved) {
        let bytes = (self.moved - before).bytes();
        match &mut self.recorder {
            Some(recorder) if is_done => recorder.done(step, bytes),
            Some(recorder) => recorder.failed(step),
            None => {}
        }
    }

    fn digest(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
    }

    fn into_outcome(self, failure: Option<String>) -> FlowOutcome {
        let has_read = self.moved.read_bytes + self.moved.received_bytes > 0;
        let digest = self.hasher.filter(|_| has_read).map(|hasher| *hasher.finalize().as_bytes());
        let recording = self.recorder.map(Recorder::into_recording);
        let told = Told { moved: self.moved, digest, failure, recording };
        FlowOutcome { told: Some(Box::new(told)), lateness: self.lateness }
    }
}

/// Uses so much of a CPU, by the thread's own clock: time in which another thread has the CPU
/// does not count.
fn compute(duration: Duration) {
    let until = thread_cpu() + duration;
    while thread_cpu() < until {
        for _ in 0..200 {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred thousand of them may be in progress at once.
    #[test]
    fn a_flow_that_sleeps_is_small() {
        let text = "name = \"p\"\n[[flow]]\nsteps = [{ sleep = \"1 ms\" }]\n";
        let context = FlowContext {
            plan: SharedPlan(Plan::parse("test", text).unwrap()),
            part: RunPart::Measure,
            peers: PeerAddresses::default(),
            bodies: None,
        };
        assert_eq!(size_of::<FlowOutcome>(), 16);
        let future = run_flow(Arc::new(context), 0);
        let own = size_of_val(&future) - size_of_val(&sleep(Duration::ZERO));
        assert!(own <= 64, "{own} bytes beside the sleep");
    }
}
