//! Which model a run is of.
//!
//! Left out on purpose: the table of the models that exist. A document must stay readable when
//! that table has changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Workers;

/// The model of a run: its name and what the name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contestant {
    /// The model as it was asked for, such as `blocking` or `thread-pool:2`.
    pub model: String,
    /// Whether a call gives control back before its work is done; null where the model's name
    /// does not settle it.
    pub control: Option<Control>,
    /// Who finds out that the work is done; null where the model's name does not settle it.
    pub notice: Option<Notice>,
    /// How one worker waits: the driver's name.
    pub driver: String,
    /// Who does the work.
    pub workers: Workers,
    /// What `auto` chose, and why; null for every other model.
    pub chosen: Option<Chosen>,
}

/// Whether a call gives control back before its work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// The call returns when its work is done.
    Blocking,
    /// The call returns at once.
    NonBlocking,
}

/// Who finds out that the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The program, by asking.
    Synchronous,
    /// The program is told.
    Asynchronous,
}

/// What `auto` chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chosen {
    /// The model that was run.
    pub model: String,
    /// Why it was chosen: a clause that can follow "because".
    pub why: String,
}

impl Contestant {
    /// The model's name without its number of workers: `thread-pool` for `thread-pool:2`.
    #[must_use]
    pub fn base(&self) -> &str {
        self.model.split(':').next().unwrap_or(&self.model)
    }

    /// The model as sentences name it, with what `auto` chose.
    pub(crate) fn label(&self) -> String {
        match &self.chosen {
            Some(chosen) => format!("`{}` as `{}`", self.model, chosen.model),
            None => format!("`{}`", self.model),
        }
    }
}
