//! whywait itself, as a contestant: the one place that knows its command line.
//!
//! Left out on purpose: how it does the work.

use std::path::Path;
use std::process::Command;

use crate::work::Work;

/// A model, and the work for which it has a target.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) works: &'static [Work],
}

/// The models that the issue names, and those that explain them.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "blocking", works: &Work::ALL },
    Model { name: "thread-pool:2", works: &Work::ALL },
    Model { name: "processes:2", works: &[Work::Random] },
    Model { name: "epoll", works: &[Work::Write, Work::Read] },
    Model { name: "uring", works: &[Work::Write, Work::Read] },
    Model { name: "auto", works: &Work::ALL },
];

/// One sample under a model, in a process of its own.
pub(crate) fn whywait(
    program: &Path,
    model: &str,
    work: Work,
    directory: &Path,
    files: u32,
) -> Command {
    let mut command = Command::new(program);
    command.arg("sample").args(["--model", model]).arg("--dir").arg(directory);
    match work {
        Work::Write => command.args(["files", "--content", "fixed"]),
        Work::Read => command.args(["read"]),
        Work::Random => command.args(["files", "--content", "random", "--seed", "1"]),
    };
    command.arg("--files").arg(files.to_string());
    command
}
