//! `read`: reads many small files that are in the page cache.

use std::sync::Arc;

use super::files::{MAX_IN_FLIGHT, path, writing};
use super::{BuiltIn, FilesOptions, OptionsError};
use crate::steps::read_file::ReadFile;
use crate::{ContentKind, FlowGroup, Plan, Step};

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "read",
    summary: "Reads many small files, each of them a flow, that were written just before.",
    defaults: FilesOptions::of_the_notes(ContentKind::Fixed),
    plan,
};

fn plan(options: &FilesOptions) -> Result<Plan, OptionsError> {
    let step: Arc<dyn Step> = Arc::new(ReadFile::new(path()));
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        setup: vec![writing(options)?],
        flows: vec![FlowGroup { count: options.files, steps: vec![step] }],
        needs_concurrency: 1,
        max_in_flight: Some(MAX_IN_FLIGHT),
    })
}
