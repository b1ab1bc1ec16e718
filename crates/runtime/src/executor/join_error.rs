//! Why a task has no output.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::error::debug_as_display;
use crate::workers::panic_text;

/// Why a task has no output.
#[derive(thiserror::Error)]
pub enum JoinError {
    /// It was cancelled before it was done.
    #[error("the task was cancelled")]
    Cancelled,
    /// It panicked. Other tasks of the worker go on.
    #[error("the task panicked: {0}")]
    Panicked(Panicked),
}

debug_as_display!(JoinError);

/// What a task panicked with.
pub struct Panicked {
    text: String,
    /// Only to be shared between threads, as an error is.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panicked {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { text: panic_text(&*payload), payload: Mutex::new(payload) }
    }

    /// The payload, to go on with the panic: see [`std::panic::resume_unwind`].
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

debug_as_display!(Panicked);
