//! `empty-hooks PID`: two programs in the kernel that only look whose call it is.
//!
//! What they cost is the least that watching every call can cost; their source is
//! `bench/bpf/empty.bpf.c`. Left out on purpose: everything that one would watch for.

use std::io::{Write, stdout};
use std::thread;

use aya::programs::BtfTracePoint;
use aya::{Btf, EbpfLoader, include_bytes_aligned};

use crate::echo::end_with_parent;
use crate::failure::Failure;

/// Each program, and the tracepoint that it is for.
const PROGRAMS: &[(&str, &str)] = &[("enter", "sys_enter"), ("leave", "sys_exit")];

/// `empty-hooks PID`: says `watching` once both are attached, and goes on until it is ended, at
/// the latest with its parent.
///
/// # Errors
/// When the kernel does not take them.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let process: u32 = words.first().ok_or("empty-hooks: the process is missing")?.parse()?;
    end_with_parent()?;
    let object = include_bytes_aligned!("../../bpf/empty.bpf.o");
    let mut loaded =
        EbpfLoader::new().override_global("watched_pid", &process, true).load(object)?;
    let types = Btf::from_sys_fs()?;
    for (name, tracepoint) in PROGRAMS {
        let program = loaded.program_mut(name).ok_or("the object lacks a program")?;
        let program: &mut BtfTracePoint = program.try_into()?;
        program.load(tracepoint, &types)?;
        program.attach()?;
    }
    writeln!(stdout(), "watching")?;
    loop {
        thread::park();
    }
}
