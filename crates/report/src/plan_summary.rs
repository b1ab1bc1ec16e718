//! What every model was asked to do.
//!
//! Left out on purpose: the plan as a program sees it; its text says all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The work that every model did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSummary {
    /// The plan's name.
    pub name: String,
    /// Independent flows in the plan.
    pub flows: u64,
    /// Steps in all flows together.
    pub steps: u64,
    /// Of these, the steps that work on regular files.
    pub file_steps: u64,
    /// Of these, the steps that wait until a file's data is on the device.
    #[serde(default)]
    pub fsync_steps: u64,
    /// Flows that must be able to advance at once; 1 where any order will do.
    pub concurrency: u64,
    /// The whole plan, as a TOML plan file that runs the same work again; empty for work that no
    /// plan describes, such as serving, which the document's `command` repeats.
    pub toml: String,
}
