//! An ELF file that a process has mapped.
//!
//! It is read, never mapped: whoever maps a file dies when somebody else cuts it off. What the file
//! says about sizes is believed only up to a bound.
//!
//! Left out on purpose: what is in the sections; see `UnwindTable`, `SymbolTable` and `Lines`.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;

use flate2::read::ZlibDecoder;
use object::read::ReadCache;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, elf};

/// How many sections and segments are looked at.
const MOST_HEADERS: usize = 4096;

/// The header of a section that is compressed, `Elf64_Chdr`.
const COMPRESSION_HEADER_BYTES: u64 = 24;

/// An ELF file for x86-64.
#[derive(Debug)]
pub(super) struct ObjectFile {
    file: File,
    segments: Vec<Segment>,
    sections: Vec<Section>,
}

/// A part of the file that is loaded as code.
#[derive(Clone, Copy, Debug)]
struct Segment {
    file_offset: u64,
    size: u64,
    address: u64,
}

/// A section, by its header.
#[derive(Clone, Debug)]
pub(super) struct Section {
    name: String,
    file_offset: u64,
    /// In the file.
    size: u64,
    /// Where it is loaded.
    pub(super) address: u64,
    compressed: bool,
}

impl ObjectFile {
    /// Reads the headers of `file`; none if it is not ELF for x86-64, or malformed.
    pub(super) fn read(file: File) -> Option<Self> {
        let cache = ReadCache::new(&file);
        let data = &cache;
        let header = elf::FileHeader64::<Endianness>::parse(data).ok()?;
        let endian = header.endian().ok()?;
        if endian != Endianness::Little || header.e_machine.get(endian) != elf::EM_X86_64 {
            return None;
        }
        let program_headers = header.program_headers(endian, data).ok()?;
        let loaded = program_headers.iter().take(MOST_HEADERS).filter(|program_header| {
            program_header.p_type(endian) == elf::PT_LOAD
                && program_header.p_flags(endian) & elf::PF_X != 0
        });
        let segments = loaded.map(|program_header| Segment {
            file_offset: program_header.p_offset(endian),
            size: program_header.p_filesz(endian),
            address: program_header.p_vaddr(endian),
        });
        let segments = segments.collect();
        let sections = match header.sections(endian, data) {
            Ok(table) => {
                let headers = table.iter().take(MOST_HEADERS);
                let named = headers.filter_map(|header| {
                    let name = table.section_name(endian, header).ok()?;
                    Section::of(header, std::str::from_utf8(name).ok()?, endian)
                });
                named.collect()
            }
            Err(_) => Vec::new(),
        };
        drop(cache);
        Some(Self { file, segments, sections })
    }

    /// The address that the file gives to what is `offset` bytes from its beginning, if that is
    /// code.
    pub(super) fn address_of(&self, offset: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let within = offset.checked_sub(segment.file_offset)?;
            (within < segment.size).then(|| segment.address.wrapping_add(within))
        })
    }

    /// The section of that name.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// What is in the section of that name, decompressed; none if it is missing, malformed or has
    /// more than `most_bytes`.
    pub(super) fn contents(&self, name: &str, most_bytes: u64) -> Option<Vec<u8>> {
        let section = self.section(name)?;
        if section.size > most_bytes {
            return None;
        }
        let bytes = self.bytes(section.file_offset, usize::try_from(section.size).ok()?)?;
        if section.compressed { decompressed(&bytes, most_bytes) } else { Some(bytes) }
    }

    /// `size` bytes of a section that is not compressed, from `offset` on; none beyond its end.
    pub(super) fn part(&self, section: &Section, offset: u64, size: usize) -> Option<Vec<u8>> {
        let end = offset.checked_add(size as u64)?;
        if section.compressed || end > section.size {
            return None;
        }
        self.bytes(section.file_offset.checked_add(offset)?, size)
    }

    /// As many bytes before `offset` in the file as there are in the result.
    pub(super) fn before<const SIZE: usize>(&self, offset: u64) -> Option<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        self.file.read_exact_at(&mut bytes, offset.checked_sub(SIZE as u64)?).ok()?;
        Some(bytes)
    }

    fn bytes(&self, offset: u64, size: usize) -> Option<Vec<u8>> {
        // The file's length bounds what a header can make us reserve.
        let length = self.file.metadata().ok()?.len();
        if offset.checked_add(size as u64)? > length {
            return None;
        }
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    }
}

impl Section {
    /// How many bytes it has in the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn of(
        header: &elf::SectionHeader64<Endianness>,
        name: &str,
        endian: Endianness,
    ) -> Option<Self> {
        let (file_offset, size) = header.file_range(endian)?;
        Some(Self {
            name: name.to_owned(),
            file_offset,
            size,
            address: header.sh_addr(endian),
            compressed: header.sh_flags(endian) & u64::from(elf::SHF_COMPRESSED) != 0,
        })
    }
}

/// What a compressed section holds. Only zlib, which compilers use unless they are told otherwise.
fn decompressed(bytes: &[u8], most_bytes: u64) -> Option<Vec<u8>> {
    let header = bytes.get(..usize::try_from(COMPRESSION_HEADER_BYTES).ok()?)?;
    let kind = u32::from_le_bytes(header[..4].try_into().ok()?);
    let size = u64::from_le_bytes(header[8..16].try_into().ok()?);
    if kind != elf::ELFCOMPRESS_ZLIB || size > most_bytes {
        return None;
    }
    let mut plain = Vec::new();
    let packed = bytes.get(header.len()..)?;
    ZlibDecoder::new(packed).take(size).read_to_end(&mut plain).ok()?;
    (plain.len() as u64 == size).then_some(plain)
}
