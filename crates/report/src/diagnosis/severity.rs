//! How grave a finding is.
//!
//! Left out on purpose: when it is; each finding's own page says that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How grave a finding is; the gravest comes first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It costs much, and that is certain.
    High,
    /// It costs something, or is possible.
    Warn,
    /// It is good to know.
    Info,
}

impl Severity {
    /// Its name, as the document has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}
