//! `timers`: sleeps a great many times at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BuiltIn, BuiltInOption, Choices, OptionsError};
use crate::limits::FLOWS_MAX;
use crate::steps::sleep::Sleep;
use crate::{FlowGroup, Plan, Step};

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "timers",
    summary: "Sleeps a great many times at once, each of them a flow.",
    options: &[TIMERS, SLEEP],
    plan,
};

fn plan(choices: &Choices<'_>) -> Result<Plan, OptionsError> {
    let count = choices.number(&TIMERS, 1, FLOWS_MAX)?;
    let step: Arc<dyn Step> = Arc::new(Sleep::new(choices.duration(&SLEEP)?));
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        peers: BTreeMap::new(),
        setup: Vec::new(),
        flows: vec![FlowGroup { count, steps: vec![step] }],
        // A model that sleeps one after another is right, and skipped as taking too long.
        needs_concurrency: 1,
        max_in_flight: None,
    })
}

const TIMERS: BuiltInOption = BuiltInOption {
    name: "timers",
    value_name: "N",
    help: "How many timers",
    default: Some("100000"),
};

const SLEEP: BuiltInOption = BuiltInOption {
    name: "sleep",
    value_name: "T",
    help: "How long each of them is, such as \"1 s\"",
    default: Some("1 s"),
};
