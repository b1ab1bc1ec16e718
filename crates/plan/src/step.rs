//! One step of a flow, and its row in the table of steps.

use std::fmt::Debug;
use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares};

/// One step of a flow.
pub trait Step: Debug + Send + Sync {
    /// The step's name: its key in a plan file.
    fn name(&self) -> &'static str;

    /// What is to be done for one flow.
    fn action(&self, flow: u32) -> Action<'_>;

    /// What can be told of the step before it is run.
    fn declares(&self) -> Declares<'_>;

    /// The value of the step's key in a plan file, in its canonical form.
    fn to_value(&self) -> toml::Value;
}

/// A kind of step: its row in [`STEPS`](crate::STEPS).
#[derive(Debug)]
pub struct StepKind {
    /// The key in a plan file.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// One step of the kind, as a plan file has it.
    pub example: &'static str,
    /// Reads the value of the key.
    pub(crate) parse: fn(Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt>,
}
