//! One suite that every driver must pass.
//!
//! The suite is the product of two tables: [`CHECKS`] and the drivers, which are the rows of
//! [`DRIVERS`](whywait_driver::DRIVERS) and the simulated one. A new driver is in it by its row,
//! a new check by its line in [`CHECKS`]. A check names the limits that it needs; on a driver
//! that lacks one it asserts what the driver's documentation says happens instead, so nothing is
//! ever skipped. A driver that cannot be opened fails all its tests.
//!
//! Left out on purpose: any assertion on speed. A check that waits for something has no time-out
//! of its own; one that never ends is a failure after [`PATIENCE`].

mod check;
mod checks;
mod descriptors;
mod expect;
mod outcomes;
mod peer;
mod stage;
mod subject;
mod trial;

pub use check::{Check, Company, Need};
pub use checks::CHECKS;
pub use outcomes::equal_outcomes;
pub use trial::{PATIENCE, trials};
