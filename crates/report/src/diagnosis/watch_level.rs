//! How much was watched, and by what.
//!
//! Left out on purpose: what each level can see; `docs/explain.md` says that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WatchDetail {
    /// Every call.
    Full,
    /// Every call that slept; what ran was sampled.
    Light,
}

/// By what a program was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WatchBackend {
    /// Programs in the kernel, bpf(2).
    Bpf,
}
