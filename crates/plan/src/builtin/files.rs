//! `files`: writes many small files, the notes' benchmark.

use std::collections::BTreeMap;

use super::many_files::{self, MAX_IN_FLIGHT, writing};
use super::{BuiltIn, BuiltInOption, Choices, OptionsError};
use crate::Plan;

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "files",
    summary: "Writes many small files, each of them a flow.",
    options: &OPTIONS,
    plan,
};

const OPTIONS: [BuiltInOption; 5] = many_files::options("random");

fn plan(choices: &Choices<'_>) -> Result<Plan, OptionsError> {
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        peers: BTreeMap::new(),
        setup: Vec::new(),
        flows: vec![writing(choices, &OPTIONS)?],
        needs_concurrency: 1,
        max_in_flight: Some(MAX_IN_FLIGHT),
    })
}
