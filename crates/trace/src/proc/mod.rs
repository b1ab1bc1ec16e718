//! What `/proc` says of processes, threads and descriptors (`proc(5)`).
//!
//! Everything here may vanish while it is read, and names in it may hold any bytes: what cannot
//! be read is `None` or missing from a list, and no content makes a parser panic. Bytes that are
//! no UTF-8 are replaced; nothing is escaped.
//!
//! [`check`] says whether a process can be watched; [`command`], [`threads`] and [`descendants`]
//! what there is to watch; [`Descriptors`] what a descriptor stands for.
//!
//! Left out on purpose: anything that would touch the process, such as a copy of one of its
//! descriptors, which would keep a connection open that the program has closed.

mod bounded_read;
mod check;
mod command;
mod descriptors;
mod fd_info;
mod inet_line;
mod link;
mod socket_table;
mod sockets;
mod stat;
mod status;
mod tree;
mod unix_line;
mod unix_peer;

pub use check::check;
pub use command::{arguments, command};
pub use descriptors::{Described, Descriptors, open_descriptors, watched_by_epoll};
pub use fd_info::FdInfo;
pub use inet_line::InetLine;
pub use link::Link;
pub use stat::Stat;
pub use status::Status;
pub use tree::{descendants, threads};
pub use unix_line::UnixLine;
