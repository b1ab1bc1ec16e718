//! Programs over a few files, directories and open handles.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::select;
use rustix::io::Errno;
use whywait_driver::{Completion, FileKind, Fill, Handle, Op, OpenMode, Value};

use super::text::Text;
use crate::stage::Stage;

/// Names that meet each other: files, what is inside of them, a directory or a file of one name.
const NAMES: [&str; 9] = ["a", "b", "c", "a/x", "d", "d/x", "d/../a", "missing/x", "./b/"];

const HANDLES: usize = 3;

/// One step; handles are named by the slot that holds them.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Open { slot: usize, name: &'static str, mode: OpenMode },
    Read { slot: usize, most: usize },
    ReadAt { slot: usize, most: usize, offset: u64 },
    Write { slot: usize, data: Text },
    WriteAt { slot: usize, data: Text, offset: u64 },
    Fsync { slot: usize },
    Close { slot: usize },
    Stat { name: &'static str },
    Mkdir { name: &'static str },
    Unlink { name: &'static str },
    ReadFile { name: &'static str, pool: bool },
    WriteFile { name: &'static str, data: Text },
}

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Read(Vec<u8>),
    Failed(Errno),
    /// A file's length; a directory's is the filesystem's own affair.
    File(u64),
    Directory,
    /// The slot held no handle.
    Empty,
}

/// Programs of up to 40 steps.
pub(super) fn programs() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..40)
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(&NAMES[..]);
    let slot = || 0..HANDLES;
    let data = || Text::of_length(prop_oneof![0..50usize, 9_000..40_000usize]);
    let offset = || prop_oneof![4 => 0..30_000u64, 1 => Just(u64::MAX)];
    let modes = [
        OpenMode::Read,
        OpenMode::Write,
        OpenMode::ReadWrite,
        OpenMode::Create,
        OpenMode::CreateNew,
        OpenMode::Append,
    ];
    let open = (slot(), name(), select(modes.to_vec()));
    prop_oneof![
        4 => open.prop_map(|(slot, name, mode)| Step::Open { slot, name, mode }),
        3 => (slot(), 1..50_000usize).prop_map(|(slot, most)| Step::Read { slot, most }),
        2 => (slot(), 1..50_000usize, offset())
            .prop_map(|(slot, most, offset)| Step::ReadAt { slot, most, offset }),
        3 => (slot(), data()).prop_map(|(slot, data)| Step::Write { slot, data }),
        2 => (slot(), data(), offset())
            .prop_map(|(slot, data, offset)| Step::WriteAt { slot, data, offset }),
        1 => slot().prop_map(|slot| Step::Fsync { slot }),
        1 => slot().prop_map(|slot| Step::Close { slot }),
        2 => name().prop_map(|name| Step::Stat { name }),
        1 => name().prop_map(|name| Step::Mkdir { name }),
        1 => name().prop_map(|name| Step::Unlink { name }),
        2 => (name(), proptest::bool::ANY)
            .prop_map(|(name, pool)| Step::ReadFile { name, pool }),
        2 => (name(), data()).prop_map(|(name, data)| Step::WriteFile { name, data }),
    ]
}

/// Runs a program.
pub(super) fn run(stage: &mut Stage, program: &[Step]) -> Vec<Outcome> {
    let mut handles: [Option<Handle>; HANDLES] = Default::default();
    program.iter().map(|step| run_step(stage, &mut handles, step)).collect()
}

fn run_step(stage: &mut Stage, handles: &mut [Option<Handle>], step: &Step) -> Outcome {
    let path = |name: &str| stage.path(name);
    let op = match step.clone() {
        Step::Open { slot, name, mode } => {
            handles[slot] = None;
            let mut completion = stage.run(Op::Open { path: path(name), mode });
            if let Ok(Value::Opened(handle)) = completion.result {
                handles[slot] = Some(handle);
                completion.result = Ok(Value::Done);
            }
            return outcome(completion);
        }
        Step::Close { slot } => match handles[slot].take() {
            Some(handle) => Op::Close { handle },
            None => return Outcome::Empty,
        },
        Step::Stat { name } => Op::Stat { path: path(name) },
        Step::Mkdir { name } => Op::Mkdir { path: path(name) },
        Step::Unlink { name } => Op::Unlink { path: path(name) },
        Step::ReadFile { name, pool } => {
            let into = if pool { Fill::Pool } else { Fill::Own(Vec::new()) };
            Op::ReadFile { path: path(name), into }
        }
        Step::WriteFile { name, data } => Op::WriteFile { path: path(name), data: data.bytes() },
        Step::Read { slot, .. }
        | Step::ReadAt { slot, .. }
        | Step::Write { slot, .. }
        | Step::WriteAt { slot, .. }
        | Step::Fsync { slot } => match &handles[slot] {
            Some(handle) => return run_on_handle(stage, handle, step.clone()),
            None => return Outcome::Empty,
        },
    };
    outcome(stage.run(op))
}

fn run_on_handle(stage: &mut Stage, handle: &Handle, step: Step) -> Outcome {
    let handle = || handle.clone();
    match step {
        Step::Read { most, .. } => {
            read_all(stage, most, |into, _| Op::Read { handle: handle(), into })
        }
        Step::ReadAt { most, offset, .. } => read_all(stage, most, |into, done| Op::ReadAt {
            handle: handle(),
            into,
            offset: offset.saturating_add(done),
        }),
        Step::Write { data, .. } => {
            write_all(stage, data.bytes(), |data, _| Op::Write { handle: handle(), data })
        }
        Step::WriteAt { data, offset, .. } => write_all(stage, data.bytes(), |data, done| {
            Op::WriteAt { handle: handle(), data, offset: offset.saturating_add(done) }
        }),
        _ => outcome(stage.run(Op::Fsync { handle: handle() })),
    }
}

/// Reads until there are `most` bytes, or no more.
fn read_all(stage: &mut Stage, most: usize, call: impl Fn(Fill, u64) -> Op) -> Outcome {
    let mut read = Vec::new();
    while read.len() < most {
        let into = Fill::Own(Vec::with_capacity(most - read.len()));
        let completion = stage.run(call(into, read.len() as u64));
        match completion.result {
            Err(_) => return outcome(completion),
            Ok(Value::Count(0)) => break,
            Ok(_) => read.extend(completion.returned.buffer.iter().flat_map(|part| part.to_vec())),
        }
    }
    Outcome::Read(read)
}

/// Writes until all of `data` is written; at least once, for an empty write has an outcome too.
fn write_all(stage: &mut Stage, data: Bytes, call: impl Fn(Bytes, u64) -> Op) -> Outcome {
    let mut written = 0;
    loop {
        let completion = stage.run(call(data.slice(written..), written as u64));
        match completion.result {
            Ok(Value::Count(count)) => written += count,
            _ => return outcome(completion),
        }
        if written == data.len() {
            return Outcome::Done;
        }
    }
}

/// The outcome of an op that is whole in one completion.
fn outcome(completion: Completion) -> Outcome {
    match completion.result {
        Err(error) => Outcome::Failed(Errno::from_io_error(&error).expect("it is the system's")),
        Ok(Value::Stat(stat)) if stat.kind == FileKind::Directory => Outcome::Directory,
        Ok(Value::Stat(stat)) => Outcome::File(stat.len),
        Ok(Value::Count(count)) => {
            let buffer = completion.returned.buffer.expect("what counts has a buffer");
            assert_eq!(buffer.len(), count, "the count and the buffer agree");
            Outcome::Read(buffer.to_vec())
        }
        Ok(_) => Outcome::Done,
    }
}
