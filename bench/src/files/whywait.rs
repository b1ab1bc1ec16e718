//! whywait itself, as contestants: the lab's own run of a plan, in a process of its own.
//!
//! Left out on purpose: anything that `whywait compare` would not do; the time is the `wall_s` of
//! its report, with latencies recorded as there.

use std::time::Duration;

use whywait_lab::run_once;
use whywait_plan::{BUILTINS, ContentKind, Plan};

use super::{Job, Sample, Work};
use crate::failure::Failure;

/// No sample takes longer, on a disk in the slow state that deleted files leave behind.
const LIMIT: Duration = Duration::from_secs(120);

/// Does the job under a model.
///
/// # Errors
/// Why there is no result.
pub(super) fn run(job: &Job, model: &str) -> Result<Sample, Failure> {
    let result = run_once(&plan(job)?, model.parse()?, &job.directory, LIMIT)?;
    let bytes = match job.work {
        Work::Write | Work::Random => result.written_bytes,
        Work::Read => result.read_bytes,
    };
    Ok(Sample::new(result.cost.wall(), bytes, job.files))
}

/// The built-in plan for the work; the files of a reading plan are there already.
fn plan(job: &Job) -> Result<Plan, Failure> {
    let name = match job.work {
        Work::Write | Work::Random => "files",
        Work::Read => "read",
    };
    let built_in = BUILTINS.iter().find(|built_in| built_in.name == name);
    let built_in = built_in.ok_or_else(|| format!("there is no built-in plan `{name}`"))?;
    let files = job.files.to_string();
    let plan = match job.content.kind() {
        ContentKind::Fixed => built_in.plan(&[("files", &files), ("content", "fixed")]),
        ContentKind::Random { seed } => {
            let seed = seed.to_string();
            built_in.plan(&[("files", &files), ("content", "random"), ("seed", &seed)])
        }
    };
    Ok(plan?)
}
