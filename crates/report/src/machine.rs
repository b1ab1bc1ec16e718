//! Where the comparison ran.
//!
//! Left out on purpose: what every document says of its machine; the host has that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Host, Place};

/// The machine that the comparison ran on, as far as it bears on the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The machine itself; its fields are in the document beside these.
    #[serde(flatten)]
    pub host: Host,
    /// The type of the filesystem that holds the working files, as `/proc/mounts` names it.
    pub filesystem: String,
    /// The directory in which the working files were made.
    pub directory: String,
    /// In which directories below it the runs made their files.
    #[serde(default)]
    pub place: Place,
    /// Whether a process may set up an io_uring here.
    pub io_uring: bool,
}
