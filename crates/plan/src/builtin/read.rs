//! `read`: reads many small files that are in the page cache.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::many_files::{self, MAX_IN_FLIGHT, path, writing};
use super::{BuiltIn, BuiltInOption, Choices, OptionsError};
use crate::steps::read_file::ReadFile;
use crate::{FlowGroup, Plan, Step};

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "read",
    summary: "Reads many small files, each of them a flow, that were written just before.",
    options: &OPTIONS,
    plan,
};

const OPTIONS: [BuiltInOption; 5] = many_files::options("fixed");

fn plan(choices: &Choices<'_>) -> Result<Plan, OptionsError> {
    let step: Arc<dyn Step> = Arc::new(ReadFile::new(path()));
    let written = writing(choices, &OPTIONS)?;
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        peers: BTreeMap::new(),
        flows: vec![FlowGroup { count: written.count, steps: vec![step] }],
        setup: vec![written],
        needs_concurrency: 1,
        max_in_flight: Some(MAX_IN_FLIGHT),
    })
}
