//! How to find a function's caller, as the compiler wrote it down for exceptions: `.eh_frame`.
//!
//! Left out on purpose: registers other than `rsp` and `rbp`, and frames that are found by an
//! expression, as those of signal handlers and of the procedure linkage table are.

use addr2line::gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, Register, RegisterRule,
    UnwindContext, UnwindSection as _, UnwindTableRow, X86_64,
};

use super::object_file::ObjectFile;

/// How large a table without an index may be, which is gone through from its beginning each time.
const MOST_BYTES_WITHOUT_INDEX: usize = 4 << 20;

/// The section `.eh_frame`, and `.eh_frame_hdr`, which is its index by address; statically linked
/// programs may lack that.
#[derive(Debug)]
pub(super) struct UnwindTable {
    index: Option<Vec<u8>>,
    frames: Vec<u8>,
    bases: BaseAddresses,
}

/// How to go from a function to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnwindStep {
    /// What the end of the function's part of the stack is counted from.
    pub(super) base: FrameBase,
    /// How far that end is from there.
    pub(super) offset: i64,
    /// Where the caller's address is, from that end; none if nothing called the function.
    pub(super) return_offset: Option<i64>,
    /// Where the caller's `rbp` is, from that end; none if it still is in the register.
    pub(super) frame_pointer_offset: Option<i64>,
}

/// A register that a function's part of the stack is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameBase {
    /// `rsp`.
    StackPointer,
    /// `rbp`.
    FramePointer,
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

impl UnwindTable {
    /// Reads the table of `file`; none if it has none, or one of more than `most_bytes`.
    pub(super) fn read(file: &ObjectFile, most_bytes: u64) -> Option<Self> {
        let index = file.contents(".eh_frame_hdr", most_bytes);
        let index_bytes = index.as_ref().map_or(0, Vec::len) as u64;
        let frames = file.contents(".eh_frame", most_bytes.checked_sub(index_bytes)?)?;
        let address = |name| file.section(name).map_or(0, |section| section.address);
        let bases = BaseAddresses::default()
            .set_eh_frame_hdr(address(".eh_frame_hdr"))
            .set_eh_frame(address(".eh_frame"));
        Some(Self { index, frames, bases })
    }

    /// How much memory it takes.
    pub(super) fn size_bytes(&self) -> u64 {
        (self.index.as_ref().map_or(0, Vec::len) + self.frames.len()) as u64
    }

    /// How to go to the caller from the instruction at `address`.
    pub(super) fn step(&self, address: u64) -> Option<UnwindStep> {
        let frames = EhFrame::new(&self.frames, LittleEndian);
        let mut context = UnwindContext::new();
        let origin = EhFrame::<Slice<'_>>::cie_from_offset;
        let row = if let Some(index) = &self.index {
            let header = EhFrameHdr::new(index, LittleEndian).parse(&self.bases, 8).ok()?;
            let table = header.table()?;
            table.unwind_info_for_address(&frames, &self.bases, &mut context, address, origin)
        } else if self.frames.len() <= MOST_BYTES_WITHOUT_INDEX {
            frames.unwind_info_for_address(&self.bases, &mut context, address, origin)
        } else {
            return None;
        };
        UnwindStep::of(row.ok()?)
    }
}

impl UnwindStep {
    fn of(row: &UnwindTableRow<usize>) -> Option<Self> {
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { return None };
        let base = match register {
            X86_64::RSP => FrameBase::StackPointer,
            X86_64::RBP => FrameBase::FramePointer,
            _ => return None,
        };
        let saved_at = |register: Register| match row.register(register) {
            Some(RegisterRule::Offset(offset)) => Some(Some(offset)),
            None | Some(RegisterRule::Undefined | RegisterRule::SameValue) => Some(None),
            Some(_) => None,
        };
        Some(Self {
            base,
            offset,
            return_offset: saved_at(X86_64::RA)?,
            frame_pointer_offset: saved_at(X86_64::RBP)?,
        })
    }
}
