//! Small programs are watched, and what the record says of them is compared with what they do.

mod attached;
mod bounds;
mod peers;
mod program;
mod sessions;
