//! Functions and lines for addresses, file by file.
//!
//! Left out on purpose: which address is whose caller; see `Walk`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use whywait_record::{Frame, Place};

use super::lines::Lines;
use super::location::{LocatedStack, Location, Within};
use super::objects::Objects;
use super::origin::Origin;
use super::symbol_table::functions_at;

/// How many different addresses are named; further ones stay addresses.
const MOST_ADDRESSES: usize = 16_384;

/// A function that is at an address; one of several where functions were inlined into each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedFrame {
    /// Its name, demangled.
    pub(super) function: Option<String>,
    /// The line.
    pub(super) place: Option<Place>,
}

/// What is known of each address, innermost function first.
type Names = BTreeMap<Within, Vec<NamedFrame>>;

/// The frames of each of `stacks`.
pub(super) fn frames(objects: &Objects, stacks: &[LocatedStack]) -> Vec<Vec<Frame>> {
    let all = stacks.iter().flat_map(|stack| &stack.locations).filter_map(|place| place.within);
    let mut wanted = BTreeSet::new();
    for within in all {
        if wanted.len() < MOST_ADDRESSES {
            wanted.insert(within);
        }
    }
    let mut names = Names::new();
    // Addresses are sorted by their file first.
    let wanted: Vec<Within> = wanted.into_iter().collect();
    for of_one_file in wanted.chunk_by(|one, next| one.object == next.object) {
        name_all(objects, of_one_file, &mut names);
    }
    stacks.iter().map(|stack| frames_of(stack, objects, &names)).collect()
}

/// Names addresses of one file.
fn name_all(objects: &Objects, wanted: &[Within], names: &mut Names) {
    let Some(first) = wanted.first() else { return };
    let file = objects.file(first.object);
    let own: Vec<Within> = wanted.iter().copied().filter(|within| within.own).collect();
    if let Some(lines) = (!own.is_empty()).then(|| Lines::read(file)).flatten() {
        let addresses: Vec<u64> = own.iter().map(|within| within.address).collect();
        for (within, frames) in own.into_iter().zip(lines.frames_at(&addresses)) {
            if !frames.is_empty() {
                names.insert(within, frames);
            }
        }
    }
    let nameless = |within: &&Within| {
        names.get(within).is_none_or(|frames| frames.iter().all(|frame| frame.function.is_none()))
    };
    let rest: Vec<Within> = wanted.iter().filter(nameless).copied().collect();
    let addresses: BTreeSet<u64> = rest.iter().map(|within| within.address).collect();
    let addresses: Vec<u64> = addresses.into_iter().collect();
    let functions = functions_at(file, &addresses);
    for within in rest {
        let mangled = functions.get(&within.address);
        let function = mangled.map(|name| addr2line::demangle_auto(Cow::from(name), None).into());
        let frames = names.entry(within).or_default();
        match frames.last_mut() {
            Some(outermost) => outermost.function = function,
            None => frames.push(NamedFrame { function, place: None }),
        }
    }
}

fn frames_of(stack: &LocatedStack, objects: &Objects, names: &Names) -> Vec<Frame> {
    let mut frames: Vec<Frame> =
        stack.locations.iter().flat_map(|location| named(location, objects, names)).collect();
    let origin = |frame: &Frame| frame.place.as_ref().map(|place| Origin::of(&place.file));
    // A dependency's line is better than none, and worse than one of the program's own.
    let nothing_own = !frames.iter().any(|frame| origin(frame) == Some(Origin::Program));
    for frame in &mut frames {
        let kept = match origin(frame) {
            Some(Origin::Program) => true,
            Some(Origin::Dependency) => nothing_own,
            Some(Origin::Toolchain) | None => false,
        };
        if !kept {
            frame.place = None;
        }
    }
    frames
}

fn named(location: &Location, objects: &Objects, names: &Names) -> Vec<Frame> {
    let address = location.address;
    let Some(within) = location.within else { return vec![Frame { address, ..Frame::default() }] };
    let object = Some(objects.path(within.object).to_owned());
    let bare = [NamedFrame { function: None, place: None }];
    let known = names.get(&within).map_or(&bare[..], Vec::as_slice);
    let frames = known.iter().map(|named| Frame {
        address,
        object: object.clone(),
        function: named.function.clone(),
        place: named.place.clone(),
    });
    frames.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Command;

    use super::super::location::{LocatedStack, Location, Within};
    use super::{Objects, frames};
    use whywait_record::Frame;

    /// A small program with debugging information; none, and it says so, where there is no gcc.
    fn program() -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().expect("a directory");
        let (source, path) = (folder.path().join("small.c"), folder.path().join("small"));
        let text =
            "#include <unistd.h>\nint main(void)\n{\n\tchar c;\n\treturn read(0, &c, 1);\n}\n";
        std::fs::write(&source, text).expect("room for the source");
        match Command::new("gcc").args(["-g", "-gz=zlib", "-o"]).arg(&path).arg(&source).status() {
            Ok(status) => assert!(status.success(), "gcc fails"),
            Err(error) => {
                eprintln!("left out: gcc cannot be run: {error}");
                return None;
            }
        }
        Some(std::fs::read(&path).expect("a program"))
    }

    /// The frames of every eighth byte of the code of a file with these `bytes`.
    fn frames_of(bytes: &[u8]) -> Vec<Frame> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("room for a program");
        let mut objects = Objects::default();
        let Some(object) = objects.of(file, &Some("small".into())) else {
            return Vec::new();
        };
        let mut locations = Vec::new();
        for offset in (0..0x2000).step_by(8) {
            objects.call_before(object, offset);
            if let Some(address) = objects.file(object).address_of(offset) {
                objects.unwind(object, address);
                let within = Some(Within { object, own: true, address });
                locations.push(Location { address, within });
            }
        }
        frames(&objects, &[LocatedStack { locations }]).remove(0)
    }

    /// Numbers that look random and are the same in every run (xorshift64).
    fn next(state: &mut u64) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 16) as usize
    }

    #[test]
    fn a_malformed_file_is_no_harm() {
        let Some(whole) = program() else { return };
        let line = |frame: &Frame| frame.place.as_ref().map(|place| place.line);
        assert!(frames_of(&whole).iter().any(|frame| line(frame) == Some(5)), "the whole file");
        let mut state = 0x9E37_79B9_7F4A_7C15;
        for _ in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..=next(&mut state) % 32 {
                // Headers are at the beginning and at the end, and matter most.
                let near_end = bytes.len() - 1 - next(&mut state) % 2600;
                let places = [next(&mut state) % 800, near_end, next(&mut state) % bytes.len()];
                bytes[places[next(&mut state) % 3]] = next(&mut state) as u8;
            }
            frames_of(&bytes);
        }
        for length in (0..whole.len()).step_by(97) {
            frames_of(&whole[..length]);
        }
    }
}
