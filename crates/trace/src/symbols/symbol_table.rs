//! The functions that a file names: `.symtab`, or `.dynsym` where that was stripped off.
//!
//! Left out on purpose: keeping them. A large program names a million functions, of which a record
//! needs some hundred; so the table is gone through once, for all addresses together.

use std::collections::BTreeMap;

use object::elf;

use super::object_file::{ObjectFile, Section};

/// The size of a symbol, `Elf64_Sym`.
const SYMBOL_BYTES: usize = 24;

/// How many symbols are read at a time.
const SYMBOLS_AT_A_TIME: usize = 4096;

/// How many symbols of a file are looked at.
const MOST_SYMBOLS: u64 = 1 << 18;

/// How long a function without a size, as written in assembly, may be.
const LONGEST_WITHOUT_SIZE: u64 = 4096;

/// How long a name may be.
const LONGEST_NAME_BYTES: u64 = 4096;

/// Tables of symbols with the tables of their names, best first.
const TABLES: &[(&str, &str)] = &[(".symtab", ".strtab"), (".dynsym", ".dynstr")];

/// A function that may be at an address.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    begin: u64,
    /// Whether the symbol says that the function reaches that far.
    sized: bool,
    name_offset: u32,
}

/// A symbol.
#[derive(Clone, Copy, Debug)]
struct Symbol {
    begin: u64,
    size: u64,
    name_offset: u32,
}

/// The mangled names of the functions at `addresses`, which are sorted, as far as `file` has them.
pub(super) fn functions_at(file: &ObjectFile, addresses: &[u64]) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    for (symbols, strings) in TABLES {
        let (Some(symbols), Some(strings)) = (file.section(symbols), file.section(strings)) else {
            continue;
        };
        let missing: Vec<u64> =
            addresses.iter().copied().filter(|address| !names.contains_key(address)).collect();
        for (address, candidate) in candidates(file, symbols, &missing) {
            if let Some(name) = name(file, strings, candidate.name_offset) {
                names.insert(address, name);
            }
        }
    }
    names
}

fn candidates(file: &ObjectFile, table: &Section, sorted: &[u64]) -> BTreeMap<u64, Candidate> {
    let mut best: BTreeMap<u64, Candidate> = BTreeMap::new();
    let count = (table.size() / SYMBOL_BYTES as u64).min(MOST_SYMBOLS);
    let mut first = 0;
    while first < count && !sorted.is_empty() {
        let some = usize::try_from(count - first).unwrap_or(usize::MAX).min(SYMBOLS_AT_A_TIME);
        let offset = first * SYMBOL_BYTES as u64;
        let Some(bytes) = file.part(table, offset, some * SYMBOL_BYTES) else { break };
        for symbol in bytes.chunks_exact(SYMBOL_BYTES).filter_map(Symbol::of_function) {
            symbol.offer(sorted, &mut best);
        }
        first += some as u64;
    }
    best
}

impl Symbol {
    /// From its 24 bytes; none if it is no function of this file.
    fn of_function(bytes: &[u8]) -> Option<Self> {
        let (name_offset, bytes) = bytes.split_first_chunk()?;
        let ([info, _other], bytes) = bytes.split_first_chunk()?;
        let (section, bytes) = bytes.split_first_chunk()?;
        let (begin, bytes) = bytes.split_first_chunk()?;
        let (size, _) = bytes.split_first_chunk()?;
        let function = matches!(info & 0xF, elf::STT_FUNC | elf::STT_GNU_IFUNC | elf::STT_NOTYPE);
        let defined = u16::from_le_bytes(*section) != elf::SHN_UNDEF;
        (function && defined).then_some(Self {
            begin: u64::from_le_bytes(*begin),
            size: u64::from_le_bytes(*size),
            name_offset: u32::from_le_bytes(*name_offset),
        })
    }

    /// Becomes the candidate of those addresses which it has, and which have no better one.
    fn offer(self, sorted: &[u64], best: &mut BTreeMap<u64, Candidate>) {
        let sized = self.size != 0;
        let reach = if sized { self.size } else { LONGEST_WITHOUT_SIZE };
        let end = self.begin.saturating_add(reach);
        let first = sorted.partition_point(|address| *address < self.begin);
        for address in sorted[first..].iter().take_while(|address| **address < end) {
            let candidate = Candidate { begin: self.begin, sized, name_offset: self.name_offset };
            let rank = |candidate: &Candidate| (candidate.sized, candidate.begin);
            let kept = best.entry(*address).or_insert(candidate);
            if rank(&candidate) > rank(kept) {
                *kept = candidate;
            }
        }
    }
}

fn name(file: &ObjectFile, strings: &Section, offset: u32) -> Option<String> {
    let offset = u64::from(offset);
    let size = strings.size().checked_sub(offset)?.min(LONGEST_NAME_BYTES);
    let bytes = file.part(strings, offset, usize::try_from(size).ok()?)?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let name = String::from_utf8_lossy(&bytes[..end]).into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Symbol};

    #[test]
    fn a_function_with_a_size_wins_over_a_label_before_the_address() {
        let sized = Symbol { begin: 0x1000, size: 0x100, name_offset: 1 };
        let label = Symbol { begin: 0x1040, size: 0, name_offset: 2 };
        let mut best = BTreeMap::new();
        for symbol in [label, sized] {
            symbol.offer(&[0xFFF, 0x1050, 0x10FF, 0x1100], &mut best);
        }
        let names: Vec<(u64, u32)> =
            best.iter().map(|(address, found)| (*address, found.name_offset)).collect();
        assert_eq!(names, [(0x1050, 1), (0x10FF, 1), (0x1100, 2)]);
    }
}
