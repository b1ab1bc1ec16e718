//! From the addresses on a program's stack to the lines of its source, without stopping it.
//!
//! It goes in two steps, because a process may be gone before watching ends, and because names cost
//! much more than addresses do. [`Symbols::locate`] is for the moment at which a stack arrives: it
//! finds out who called whom, and in which files that code is, while the process still has a
//! `/proc/PID/maps`. [`Symbols::frames`] is for the end: it reads symbols and lines, one file after
//! another, so that the debugging information of only one of them is in memory at a time.
//!
//! Who called whom is not plain to see. System calls are made in wrappers of libc, which keep no
//! frame pointer; a walk along frame pointers therefore misses the very function that called
//! `read`, or goes astray. So the top of the stack is read as an exception handler would read it, by
//! the tables of `.eh_frame`; where there are none, words that point behind a call instruction are
//! taken for return addresses; frame pointers lead on from there.
//!
//! Left out on purpose: names of functions in code that is made at run time, and of the functions of
//! interpreted languages; reading a program's memory.

mod address_space;
mod call_instruction;
mod lines;
mod location;
mod naming;
mod object_file;
mod objects;
mod origin;
mod raw_stack;
mod symbol_table;
mod unwind_table;
mod walk;

pub use location::LocatedStack;
pub use raw_stack::RawStack;

use std::collections::HashMap;

use address_space::AddressSpace;
use objects::Objects;
use walk::Walk;
use whywait_record::Frame;

/// How many processes are remembered; all are forgotten when there would be more.
const MOST_PROCESSES: usize = 1024;

/// The files in which watched programs have their code.
///
/// It holds at most 256 open files and a few MiB. Files that are malformed, too large or not for
/// x86-64 lead to frames without names, never to an error.
#[derive(Debug, Default)]
pub struct Symbols {
    processes: HashMap<u32, AddressSpace>,
    objects: Objects,
}

impl Symbols {
    /// Knows no file yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds the calls that led to where `raw` was taken, innermost first. To be called soon, while
    /// the process is alive: without its `/proc/PID/maps` there are only addresses.
    pub fn locate(&mut self, raw: &RawStack) -> LocatedStack {
        if !self.processes.contains_key(&raw.pid) {
            if self.processes.len() >= MOST_PROCESSES {
                self.processes.clear();
            }
            self.processes.insert(raw.pid, AddressSpace::of(raw.pid));
        }
        match self.processes.get_mut(&raw.pid) {
            Some(space) if !space.is_unknown() => Walk::new(raw, space, &mut self.objects).run(),
            _ => LocatedStack::without_files(raw),
        }
    }

    /// Forgets what is mapped in a process: it has executed another program, or it has ended and
    /// its number may be another's.
    pub fn forget(&mut self, pid: u32) {
        self.processes.remove(&pid);
    }

    /// Names the frames of all `stacks`, in their order; innermost first within each.
    ///
    /// The first frame with a `place` is where the program's own code made the call. Frames in the
    /// system's libraries, in interpreters and in what the compiler brought along have none.
    #[must_use]
    pub fn frames(&mut self, stacks: &[LocatedStack]) -> Vec<Vec<Frame>> {
        naming::frames(&self.objects, stacks)
    }
}
