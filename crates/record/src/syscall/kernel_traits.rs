//! The table of system calls and the bounds, as the programs in the kernel have them.

use std::fmt::Write;

use super::{CALLS, Limit, Meaning, Outcome};
use crate::{Call, Stalls, ThreadTime};

/// What the programs in the kernel compare with, by its name there.
const BOUNDS: &[(&str, u64)] = &[
    ("TINY_BYTES", Call::TINY_BYTES),
    ("FRUITLESS_NS", ThreadTime::FRUITLESS_NS),
    ("STALL_NS", Stalls::LEAST_NS),
    ("LOCK_STALL_NS", Stalls::LEAST_LOCK_NS),
];

/// The file `crates/trace/bpf/call_traits.h`, which `cargo xtask bpf` writes.
#[must_use]
pub fn kernel_traits() -> String {
    let mut text = String::from(
        "/* SPDX-License-Identifier: MIT OR GPL-2.0 */\n\
         /* Written by `cargo xtask bpf` from crates/record/src/syscall/table.rs. */\n\
         #pragma once\n\nenum {\n",
    );
    for (name, bound) in BOUNDS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\t{name} = {bound},");
    }
    text.push_str("};\n\nstatic const u16 call_traits[512] = {\n");
    for call in CALLS {
        let traits = traits(call);
        if !traits.is_empty() {
            let (number, name) = (call.number.id(), call.number.name());
            let _ = writeln!(text, "\t[{number}] = {}, /* {name} */", traits.join(" | "));
        }
    }
    text + "};\n"
}

/// The names of a call's bits in `traits.h`.
fn traits(call: &Meaning) -> Vec<&'static str> {
    let result = match call.outcome {
        Outcome::Bytes => Some("BYTES"),
        Outcome::Something => Some("FRUITFUL"),
        Outcome::Success | Outcome::Events => None,
    };
    let parts = [
        call.on_descriptor.then_some("ON_FD"),
        result,
        call.heeds_nonblock.then_some("STREAM"),
        limit(call.limit),
    ];
    parts.into_iter().flatten().collect()
}

fn limit(limit: Limit) -> Option<&'static str> {
    Some(match limit {
        Limit::Never => return None,
        Limit::Flags3 => "FLAGS_3RD",
        Limit::Flags4 => "FLAGS_4TH",
        Limit::Flags6 => "FLAGS_6TH",
        Limit::Poll => "POLL",
        Limit::Ppoll => "PPOLL",
        Limit::Select => "SELECT",
        Limit::Epoll => "EPOLL",
        Limit::Epoll2 => "EPOLL2",
        Limit::Futex => "FUTEX",
        Limit::FutexWaitv | Limit::FutexWait => "FUTEX_WAIT",
        Limit::Options3 => "OPTIONS_3RD",
        Limit::Options4 => "OPTIONS_4TH",
        Limit::Ring => "RING",
        Limit::Aio => "AIO",
        Limit::Yield => "YIELD",
    })
}

#[cfg(test)]
mod tests {
    use super::kernel_traits;

    #[test]
    fn the_committed_table_of_the_kernel_is_this_one() {
        let committed = include_str!("../../../trace/bpf/call_traits.h");
        assert!(committed == kernel_traits(), "crates/trace/bpf/call_traits.h: cargo xtask bpf");
    }
}
