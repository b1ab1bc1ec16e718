//! Carries out one flow of a plan over the library, under whatever model that runs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use whywait::fs::{self, File};
use whywait::time::sleep;
use whywait_plan::{Action, Content, Plan, Step};

use crate::RunPart;

/// Bytes read at a time where a plan names a longer stretch.
const PIECE_BYTES: u64 = 64 << 10;

/// What all flows of a run share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FlowContext {
    pub(crate) plan: SharedPlan,
    pub(crate) part: RunPart,
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

/// What a flow gave.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FlowOutcome {
    pub(crate) written_bytes: u64,
    pub(crate) read_bytes: u64,
    /// BLAKE3 of what it read, in a verifying run that read something.
    pub(crate) read_digest: Option<[u8; 32]>,
    pub(crate) failure: Option<String>,
}

/// Runs one flow; its failure is part of what it gives.
pub(crate) async fn run_flow(context: Arc<FlowContext>, number: u32) -> FlowOutcome {
    let plan = &context.plan.0;
    let steps = match context.part {
        RunPart::Setup => plan.setup_steps_of(number),
        RunPart::Measure | RunPart::Verify => plan.steps_of(number),
    };
    let hasher = (context.part == RunPart::Verify).then(blake3::Hasher::new);
    let mut flow = Flow { number, file: None, outcome: FlowOutcome::default(), hasher };
    for (index, step) in steps.iter().enumerate() {
        let action = step.action(number);
        if let Err(error) = flow.act(action).await {
            flow.outcome.failure = Some(describe(number, index, &**step, &error));
            break;
        }
    }
    if let Some(hasher) = &flow.hasher
        && flow.outcome.read_bytes > 0
    {
        flow.outcome.read_digest = Some(*hasher.finalize().as_bytes());
    }
    flow.outcome
}

/// A flow in progress.
struct Flow {
    number: u32,
    file: Option<OpenFile>,
    outcome: FlowOutcome,
    hasher: Option<blake3::Hasher>,
}

struct OpenFile {
    file: File,
    path: PathBuf,
}

/// What went wrong, and on which path.
struct ActionError {
    path: Option<PathBuf>,
    source: io::Error,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", path.display(), self.source),
            None => self.source.fmt(f),
        }
    }
}

fn describe(flow: u32, index: usize, step: &dyn Step, error: &ActionError) -> String {
    format!("flow {flow}, step {} (`{}`): {error}", index + 1, step.name())
}

/// Names the path that an operation worked on, if it failed.
fn at<T>(path: impl AsRef<Path>, result: io::Result<T>) -> Result<T, ActionError> {
    result.map_err(|source| ActionError { path: Some(path.as_ref().to_path_buf()), source })
}

impl Flow {
    async fn act(&mut self, action: Action<'_>) -> Result<(), ActionError> {
        match action {
            Action::Create { path } => {
                let file = at(&path, File::create(&path).await)?;
                self.file = Some(OpenFile { file, path });
            }
            Action::Open { path, mode } => {
                let file = at(&path, File::open_as(&path, open_mode(mode)).await)?;
                self.file = Some(OpenFile { file, path });
            }
            Action::Read { bytes } => self.read(bytes.unwrap_or(u64::MAX), None).await?,
            Action::ReadAt { offset, bytes } => self.read(bytes, Some(offset)).await?,
            Action::Write(content) => self.write(content, None).await?,
            Action::WriteAt(content, offset) => self.write(content, Some(offset)).await?,
            Action::Fsync => {
                let open = self.open_file()?;
                at(&open.path, open.file.fsync().await)?;
            }
            Action::Stat { path } => drop(at(&path, fs::stat(&path).await)?),
            Action::Mkdir { path } => at(&path, fs::mkdir(&path).await)?,
            Action::Unlink { path } => at(&path, fs::unlink(&path).await)?,
            Action::Close => {
                if let Some(OpenFile { file, path }) = self.file.take() {
                    at(path, file.close().await)?;
                }
            }
            Action::ReadFile { path } => {
                let content = at(&path, fs::read_pooled(&path).await)?;
                self.take_in(&content);
            }
            Action::WriteFile { path, content } => {
                let data = self.data(content);
                let length = data.len();
                at(&path, fs::write(&path, data).await)?;
                self.outcome.written_bytes += length as u64;
            }
            Action::Sleep(duration) => sleep(duration).await,
            Action::Cpu(duration) => compute(duration),
        }
        Ok(())
    }

    fn open_file(&self) -> Result<&OpenFile, ActionError> {
        // The plan's own check has seen to it that a file is open.
        let missing = || ActionError { path: None, source: io::ErrorKind::NotFound.into() };
        self.file.as_ref().ok_or_else(missing)
    }

    /// Reads up to `bytes` from the position, or from an offset, to the file's end at most.
    async fn read(&mut self, bytes: u64, offset: Option<u64>) -> Result<(), ActionError> {
        let mut buffer = Vec::new();
        let mut done = 0;
        while done < bytes {
            let wanted = (bytes - done).min(PIECE_BYTES) as usize;
            // A read fills all the room that there is: too much would move the position too far.
            if buffer.capacity() != wanted {
                buffer = Vec::with_capacity(wanted);
            }
            buffer.clear();
            let open = self.open_file()?;
            let (count, back) = match offset {
                None => open.file.read(buffer).await,
                Some(offset) => open.file.read_at(buffer, offset + done).await,
            };
            buffer = back;
            let count = at(&open.path, count)?;
            if count == 0 {
                break;
            }
            self.take_in(&buffer);
            done += count as u64;
        }
        Ok(())
    }

    async fn write(&mut self, content: &Content, offset: Option<u64>) -> Result<(), ActionError> {
        let mut data = self.data(content);
        let mut done = 0;
        while !data.is_empty() {
            let open = self.open_file()?;
            let count = match offset {
                None => open.file.write(data.clone()).await,
                Some(offset) => open.file.write_at(data.clone(), offset + done).await,
            };
            let count = at(&open.path, count)?;
            if count == 0 {
                return Err(ActionError {
                    path: Some(open.path.clone()),
                    source: io::ErrorKind::WriteZero.into(),
                });
            }
            data = data.slice(count..);
            done += count as u64;
        }
        self.outcome.written_bytes += done;
        Ok(())
    }

    /// What this flow writes: shared by all flows, or made here.
    fn data(&self, content: &Content) -> Bytes {
        content.shared().unwrap_or_else(|| {
            let mut made = Vec::with_capacity(content.len());
            content.fill(self.number, &mut made);
            made.into()
        })
    }

    fn take_in(&mut self, read: &[u8]) {
        self.outcome.read_bytes += read.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(read);
        }
    }
}

fn open_mode(mode: whywait_plan::OpenMode) -> fs::OpenMode {
    use whywait_plan::OpenMode;
    match mode {
        OpenMode::Read => fs::OpenMode::Read,
        OpenMode::Write => fs::OpenMode::Write,
        OpenMode::ReadWrite => fs::OpenMode::ReadWrite,
        OpenMode::Append => fs::OpenMode::Append,
    }
}

/// Uses so much of a CPU, by the thread's own clock: time in which another thread has the CPU
/// does not count.
fn compute(duration: Duration) {
    let thread_time = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    };
    let until = thread_time() + duration;
    while thread_time() < until {
        for _ in 0..200 {
            std::hint::spin_loop();
        }
    }
}
