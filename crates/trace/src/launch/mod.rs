//! Starting a program such that it can be watched from its first instruction on, and otherwise
//! as if whywait had not been there.
//!
//! [`Held`] is the program before it begins, [`Launched`] the program that runs.
//!
//! Left out on purpose: watching, and ending the program. A program that runs belongs to whoever
//! started whywait; if whywait dies, by whatever signal, it goes on.

mod gate;
mod held;
mod inheritance;
mod launched;

pub use held::Held;
pub use launched::Launched;
