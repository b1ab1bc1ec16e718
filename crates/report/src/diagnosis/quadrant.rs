//! The two questions of every I/O model.
//!
//! Left out on purpose: the kernel's view, in which a copy can be asynchronous too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Control, Notice};

/// How a program waits: whether calls give control back, and who finds out that work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quadrant {
    /// Whether a call gives control back before its work is done.
    pub control: Control,
    /// Who finds out that the work is done.
    pub notice: Notice,
}
