//! What stays on the thread where it was made: the types that a compiler names when a future of this
//! library is to be sent to another thread.

pub use crate::executor::{Executor as Worker, TaskOutput, Turn};
