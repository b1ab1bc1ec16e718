//! Records made by hand, for tests of what they are recognised as.
//!
//! Left out on purpose: anything that a backend fills in and no recognition looks at.

mod blank;
mod documents;
mod models;
mod nonsense;
mod scenario;
mod servers;
mod shapes;
mod why;

pub(crate) use blank::thread_of;
