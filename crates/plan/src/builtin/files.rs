//! `files`: writes many small files, the notes' benchmark.

use std::sync::Arc;

use super::{BuiltIn, FilesOptions, OptionsError};
use crate::steps::write_file::WriteFile;
use crate::{ContentKind, FlowGroup, PathTemplate, Plan, Step};

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "files",
    summary: "Writes many small files, each of them a flow.",
    defaults: FilesOptions::of_the_notes(ContentKind::Random { seed: 1 }),
    plan,
};

/// The most flows in progress at once. Past a few hundred, more of them only take memory.
pub(super) const MAX_IN_FLIGHT: usize = 256;

/// Where each flow's file is.
pub(super) fn path() -> PathTemplate {
    PathTemplate::new("file_{flow}.txt").expect("the path is relative and plain")
}

/// The flows that write the files.
pub(super) fn writing(options: &FilesOptions) -> Result<FlowGroup, OptionsError> {
    let step: Arc<dyn Step> = Arc::new(WriteFile::new(path(), options.checked_content()?));
    Ok(FlowGroup { count: options.files, steps: vec![step] })
}

fn plan(options: &FilesOptions) -> Result<Plan, OptionsError> {
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        setup: Vec::new(),
        flows: vec![writing(options)?],
        needs_concurrency: 1,
        max_in_flight: Some(MAX_IN_FLIGHT),
    })
}
