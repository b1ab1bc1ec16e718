//! In which directories the runs make their files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In which directories the runs make their files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In directories on the same filesystem in which making files was found to be fast: ext4 goes
    /// past each inode that was deleted in the last minutes, which makes it slow elsewhere.
    Fast,
    /// In the directory as it is.
    #[default]
    Plain,
}
