//! Lines of source, from the debugging information (DWARF) of one file.
//!
//! Left out on purpose: debugging information that is split off into `.dwo` files, and the
//! supplementary files of `dwz`; without the latter some functions are named by their symbol only.

use std::fs::File;

use addr2line::Context;
use addr2line::gimli::{Dwarf, DwarfSections, EndianSlice, LittleEndian, SectionId};
use whywait_record::Place;

use super::naming::NamedFrame;
use super::object_file::ObjectFile;

/// How much debugging information of a file is read. A program that has more is named by its
/// symbols. More would take whywait beyond the 64 MiB that it may hold on somebody's server.
const MOST_DWARF_BYTES: u64 = 20 << 20;

/// How many functions may be inlined into each other.
const MOST_INLINED: usize = 32;

/// Where systems keep debugging information that was taken out of a file, by its build id.
const DEBUG_FOLDER: &str = "/usr/lib/debug/.build-id";

/// The header of the note that has the build id, with the name `GNU`.
const NOTE_HEADER_BYTES: usize = 16;

/// How long a note with a build id may be; ids have 8 to 64 bytes.
const LONGEST_NOTE_BYTES: u64 = 256;

/// The sections that tell lines and functions; those that tell variables are larger.
const NEEDED: &[SectionId] = &[
    SectionId::DebugAbbrev,
    SectionId::DebugAddr,
    SectionId::DebugAranges,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
];

/// A section is malformed, or there is too much of it.
struct Unreadable;

/// The sections of debugging information of one file.
pub(super) struct Lines {
    sections: DwarfSections<Vec<u8>>,
}

impl Lines {
    /// Reads what `file` has, or what is kept for it elsewhere; none if there is none, or too much.
    pub(super) fn read(file: &ObjectFile) -> Option<Self> {
        Self::of(file).or_else(|| Self::of(&kept_elsewhere(file)?))
    }

    fn of(file: &ObjectFile) -> Option<Self> {
        file.section(".debug_line").filter(|section| section.size() > 0)?;
        let mut left = MOST_DWARF_BYTES;
        let sections = DwarfSections::load(|id: SectionId| {
            if !NEEDED.contains(&id) || file.section(id.name()).is_none() {
                return Ok(Vec::new());
            }
            let contents = file.contents(id.name(), left).ok_or(Unreadable)?;
            left -= contents.len() as u64;
            Ok::<_, Unreadable>(contents)
        });
        Some(Self { sections: sections.ok()? })
    }

    /// The functions at each of `addresses`, innermost first: those that were inlined come before
    /// those into which they were. In the order of `addresses`; empty where nothing is known.
    pub(super) fn frames_at(&self, addresses: &[u64]) -> Vec<Vec<NamedFrame>> {
        let dwarf: Dwarf<EndianSlice<'_, LittleEndian>> =
            self.sections.borrow(|section| EndianSlice::new(section, LittleEndian));
        let Ok(context) = Context::from_dwarf(dwarf) else {
            return vec![Vec::new(); addresses.len()];
        };
        addresses.iter().map(|address| frames(&context, *address)).collect()
    }
}

fn frames(context: &Context<EndianSlice<'_, LittleEndian>>, address: u64) -> Vec<NamedFrame> {
    let mut found = Vec::new();
    let Ok(mut frames) = context.find_frames(address).skip_all_loads() else { return found };
    while let (Ok(Some(frame)), true) = (frames.next(), found.len() < MOST_INLINED) {
        let function = frame.function.as_ref().and_then(|name| Some(name.demangle().ok()?.into()));
        let place = frame.location.and_then(|location| {
            let line = location.line.filter(|line| *line > 0)?;
            Some(Place { file: location.file?.to_owned(), line })
        });
        found.push(NamedFrame { function, place });
    }
    found
}

/// The file with the debugging information of `file`, by its build id.
fn kept_elsewhere(file: &ObjectFile) -> Option<ObjectFile> {
    let note = file.contents(".note.gnu.build-id", LONGEST_NOTE_BYTES)?;
    let (first, rest) = note.get(NOTE_HEADER_BYTES..)?.split_first()?;
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    ObjectFile::read(File::open(format!("{DEBUG_FOLDER}/{first:02x}/{rest}.debug")).ok()?)
}
