//! What `whywait explain` says of real programs, and what goes wrong: the real binary watches real
//! processes through the real kernel.
//!
//! One test binary, a file for each theme. Watching takes privileges: without them each test says
//! so and checks nothing. Left out on purpose: how long anything takes.

mod attach;
mod attached;
mod document;
mod exit_codes;
mod forgone;
mod hard_programs;
mod interruption;
mod ledger;
mod load;
mod models;
mod output;
mod prebuilt;
#[path = "../behaviour/processes.rs"]
mod processes;
mod programs;
mod refused;
mod saved;
#[path = "../behaviour/schema.rs"]
mod schema;
mod server;
mod servers;
mod tool;
mod turn;
mod untouched;
mod watch;
