//! From the top of a stack to the addresses from which its functions were called.
//!
//! Left out on purpose: names, and the process's memory beyond the words that came with the stack.

use super::address_space::{AddressSpace, Place};
use super::call_instruction::Call;
use super::location::{LocatedStack, Location, Within};
use super::objects::Objects;
use super::raw_stack::{RawStack, WORD_BYTES};
use super::unwind_table::{FrameBase, UnwindStep};

/// How many frames a stack has at the most.
const MOST_FRAMES: usize = 32;

/// A walk up one stack.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    raw: &'a RawStack,
    space: &'a mut AddressSpace,
    objects: &'a mut Objects,
    found: Vec<Location>,
}

/// Why the tables led no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// There is no caller.
    Outermost,
    /// The next return address is beyond the words that there are.
    OutOfWords,
    /// Nothing says where the next return address is. It is this far from the stack's top, or
    /// further.
    Unknown { from: i64 },
}

/// The registers of a frame, as offsets from the stack's top.
#[derive(Clone, Copy, Debug)]
struct Registers {
    stack_pointer: i64,
    frame_pointer: Option<i64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        raw: &'a RawStack,
        space: &'a mut AddressSpace,
        objects: &'a mut Objects,
    ) -> Self {
        Self { raw, space, objects, found: Vec::new() }
    }

    /// Goes as far as it can.
    pub(super) fn run(mut self) -> LocatedStack {
        self.space.has_code_now(self.raw.instruction);
        self.push(self.raw.instruction, 0);
        let stop = self.unwind();
        if let Stop::Unknown { from } = stop {
            self.scan(from);
        }
        if stop != Stop::Outermost {
            self.follow_frame_pointers();
        }
        // Some thousands of stacks are kept.
        self.found.shrink_to_fit();
        LocatedStack { locations: self.found }
    }

    /// Goes by the tables.
    fn unwind(&mut self) -> Stop {
        let raw = self.raw;
        let known = Some(raw.frame_pointer).filter(|pointer| *pointer != 0);
        let mut registers = Registers {
            stack_pointer: 0,
            frame_pointer: known.map(|pointer| raw.offset_of(pointer)),
        };
        while self.found.len() < MOST_FRAMES {
            let unknown = Stop::Unknown { from: registers.stack_pointer };
            let Some(within) = self.found.last().and_then(|location| location.within) else {
                return unknown;
            };
            let Some(step) = self.objects.unwind(within.object, within.address) else {
                return unknown;
            };
            let Some(end) = registers.end_of_frame(step) else { return unknown };
            let Some(return_offset) = step.return_offset else { return Stop::Outermost };
            let Some(address) = raw.word(end.saturating_add(return_offset)) else {
                return Stop::OutOfWords;
            };
            if address == 0 {
                return Stop::Outermost;
            }
            if !self.space.has_code_now(address) {
                return unknown;
            }
            self.push(address, 1);
            if let Some(offset) = step.frame_pointer_offset {
                let saved = raw.word(end.saturating_add(offset));
                registers.frame_pointer = saved.map(|pointer| raw.offset_of(pointer));
            }
            registers.stack_pointer = end;
        }
        Stop::OutOfWords
    }

    /// Takes words for return addresses that point behind a call. What functions left on the stack
    /// when they were done looks just the same, so this is for where there is no table.
    fn scan(&mut self, from: i64) {
        let first = usize::try_from(from / WORD_BYTES).unwrap_or(usize::MAX);
        for address in self.raw.words.iter().skip(first) {
            if self.found.len() < MOST_FRAMES && self.is_behind_call(*address) {
                self.push(*address, 1);
            }
        }
    }

    /// Appends what lies beyond the frames found so far.
    fn follow_frame_pointers(&mut self) {
        let raw = self.raw;
        let known = |address: &u64| self.found.iter().any(|location| location.address == *address);
        let first = raw.frames.iter().rposition(known).map_or(0, |last| last + 1);
        for address in raw.frames.iter().skip(first) {
            if self.found.len() < MOST_FRAMES && self.is_behind_call(*address) {
                self.push(*address, 1);
            }
        }
    }

    /// Whether a call returns to `address`, as far as the file can tell; what code that was made at
    /// run time holds is not looked at, and never believed.
    fn is_behind_call(&mut self, address: u64) -> bool {
        let Place::File { object, offset, .. } = self.space.place(address, self.objects) else {
            return false;
        };
        match self.objects.call_before(object, offset) {
            Some(Call::Direct { distance }) => {
                self.space.has_code(address.wrapping_add_signed(distance.into()))
            }
            Some(Call::Indirect) => true,
            None => false,
        }
    }

    /// Appends `address`. The instruction that stands for it begins `before` bytes before it, or
    /// earlier: a return address may be that of the next line, or of the next function.
    fn push(&mut self, address: u64, before: u64) {
        let within = match self.space.place(address.saturating_sub(before), self.objects) {
            Place::File { object, offset, own } => self
                .objects
                .file(object)
                .address_of(offset)
                .map(|address| Within { object, own, address }),
            Place::Anonymous | Place::Nowhere => None,
        };
        self.found.push(Location { address, within });
    }
}

impl Registers {
    /// Where the function's part of the stack ends; none if that is not known. A caller's part is
    /// always further from the top, which also ends every walk.
    fn end_of_frame(self, step: UnwindStep) -> Option<i64> {
        let base = match step.base {
            FrameBase::StackPointer => self.stack_pointer,
            FrameBase::FramePointer => self.frame_pointer?,
        };
        let end = base.checked_add(step.offset)?;
        (end > self.stack_pointer).then_some(end)
    }
}
