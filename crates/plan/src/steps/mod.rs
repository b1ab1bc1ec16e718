//! The steps that exist, one file each.
//!
//! A step knows how it is spelled, what it declares and what its action is; none knows how an
//! action is carried out.

pub(crate) mod accept;
pub(crate) mod close;
pub(crate) mod connect;
pub(crate) mod cpu;
pub(crate) mod create;
pub(crate) mod fsync;
pub(crate) mod get;
pub(crate) mod mkdir;
pub(crate) mod open;
pub(crate) mod read;
pub(crate) mod read_at;
pub(crate) mod read_file;
pub(crate) mod recv;
pub(crate) mod recv_until;
pub(crate) mod send;
pub(crate) mod shutdown;
pub(crate) mod sleep;
pub(crate) mod stat;
pub(crate) mod unlink;
pub(crate) mod write;
pub(crate) mod write_at;
pub(crate) mod write_file;

use crate::StepKind;

/// The steps that exist, in the order in which they are listed to people.
pub const STEPS: &[StepKind] = &[
    create::KIND,
    open::KIND,
    read::KIND,
    read_at::KIND,
    write::KIND,
    write_at::KIND,
    fsync::KIND,
    close::KIND,
    read_file::KIND,
    write_file::KIND,
    stat::KIND,
    mkdir::KIND,
    unlink::KIND,
    connect::KIND,
    accept::KIND,
    send::KIND,
    recv::KIND,
    recv_until::KIND,
    shutdown::KIND,
    get::KIND,
    sleep::KIND,
    cpu::KIND,
];
