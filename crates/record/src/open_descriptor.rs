//! What a process had open when it was first seen.
//!
//! Only of processes that existed before: what others open is seen as they use it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DescriptorId;

/// A descriptor that a process had open when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct OpenDescriptor {
    /// Its number.
    pub fd: i32,
    /// What it stands for, with both ends of a connection.
    pub descriptor: DescriptorId,
    /// Whether it is a socket that takes connections (listen(2)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listening: bool,
    /// Of an epoll, the numbers of the descriptors that it watches, as they were when they were
    /// added; at most 1,024.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watches: Vec<i32>,
}
