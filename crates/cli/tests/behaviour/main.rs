//! What the program does, seen from outside: the real binary, real files, real signals.
//!
//! One test binary, a file for each theme. Left out on purpose: how long anything takes.

mod compare;
mod download;
mod echo;
mod errors;
mod full_disk;
mod interrupt;
mod limits;
mod models;
mod output;
mod processes;
mod schema;
mod seccomp;
mod syscalls;
mod web_server;
mod why;
mod whywait;
mod worker_killed;
