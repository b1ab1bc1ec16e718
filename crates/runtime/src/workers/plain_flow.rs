//! A flow without a context: its function is what its workers share.

#![expect(unsafe_code, reason = "the function is found again by its place in the executable")]

use std::sync::Arc;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::function::{FunctionPlace, FunctionPointer};
use crate::Error;

/// A flow's function, which travels as its place in the executable.
pub(crate) struct PlainFlow<J, Fut>(fn(J) -> Fut);

impl<J, Fut> PlainFlow<J, Fut> {
    pub(crate) fn new(flow: fn(J) -> Fut) -> Self {
        Self(flow)
    }
}

/// Makes the future of a job, by the function that is the context.
pub(crate) fn run_plain<J, Fut>(flow: Arc<PlainFlow<J, Fut>>, job: J) -> Fut {
    (flow.0)(job)
}

// SAFETY: a function pointer.
unsafe impl<J, Fut> FunctionPointer for fn(J) -> Fut {}

impl<J, Fut> Serialize for PlainFlow<J, Fut> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = FunctionPlace::of(self.0 as usize);
        place.ok_or_else(|| S::Error::custom(Error::ForeignFunction))?.serialize(serializer)
    }
}

impl<'de, J, Fut> Deserialize<'de> for PlainFlow<J, Fut> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = FunctionPlace::deserialize(deserializer)?;
        // SAFETY: the type is private to this crate and comes only from our own parent process,
        // which is the same executable and wrote the place of a function of this type; the names
        // of `J` and `Fut` were compared in the introduction.
        let flow = unsafe { place.resolve::<fn(J) -> Fut>() };
        flow.map(Self).ok_or_else(|| D::Error::custom(Error::ForeignFunction))
    }
}
