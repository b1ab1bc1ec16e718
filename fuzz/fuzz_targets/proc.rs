//! What a program can write into `/proc` by its names, arguments and sockets: reading it must not
//! panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use whywait_trace::proc::{FdInfo, InetLine, Link, Stat, Status, UnixLine, arguments};

fuzz_target!(|bytes: &[u8]| {
    let _ = Stat::parse(bytes).map(|stat| stat.has_ended());
    let _ = Status::parse(bytes);
    let _ = (arguments(bytes), FdInfo::parse(bytes), Link::parse(bytes));
    let _ = (InetLine::parse(bytes), UnixLine::parse(bytes));
});
