//! A place in the watched program's code.
//!
//! Left out on purpose: the callers of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in the watched program's code, as far as it could be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SourcePlace {
    /// The source file, as the program's debug information or its interpreter names it.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The function, demangled.
    pub function: Option<String>,
    /// The executable or library that the code is in; null of code that was made at run time.
    pub object: Option<String>,
}
