//! What a process has mapped as code.
//!
//! Left out on purpose: mappings that are not executable, and what is in the files; see
//! `ObjectFile`.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};

use super::objects::{ObjectId, Objects};
use super::origin::{in_system_folder, is_interpreter};

/// How much of `/proc/PID/maps` is read; a program may have tens of thousands of mappings.
const MOST_MAPS_BYTES: u64 = 8 << 20;

/// How long mappings are believed when an address is in none of them.
const BELIEVED: Duration = Duration::from_millis(100);

/// The executable mappings of a process, as they were when they were read last.
#[derive(Debug)]
pub(super) struct AddressSpace {
    pid: u32,
    mappings: Vec<Mapping>,
    interpreted: bool,
    executable: Option<String>,
    read_at: Instant,
}

/// An executable mapping.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    begin: u64,
    end: u64,
    /// Where in the file it begins.
    file_offset: u64,
    inode: u64,
    path: Option<String>,
    /// Whether the path is another file's by now.
    deleted: bool,
    /// None until it is asked for.
    object: Option<Option<ObjectId>>,
}

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In no code.
    Nowhere,
    /// In code that is in no file which can be read.
    Anonymous,
    /// In a file.
    File {
        /// Which.
        object: ObjectId,
        /// How far from its beginning.
        offset: u64,
        /// Whether it is the program's own.
        own: bool,
    },
}

impl AddressSpace {
    /// What the process has mapped now; unknown if it is gone.
    pub(super) fn of(pid: u32) -> Self {
        let mut space = Self {
            pid,
            mappings: Vec::new(),
            interpreted: false,
            executable: None,
            read_at: Instant::now(),
        };
        space.read();
        space
    }

    /// Whether nothing could be read, ever.
    pub(super) fn is_unknown(&self) -> bool {
        self.mappings.is_empty()
    }

    /// Whether there is code at `address`, with mappings as new as they need to be: libraries may
    /// have been loaded since they were read.
    pub(super) fn has_code_now(&mut self, address: u64) -> bool {
        if self.index_of(address).is_none() && self.read_at.elapsed() >= BELIEVED {
            self.read();
        }
        self.has_code(address)
    }

    /// Whether there is code at `address`.
    pub(super) fn has_code(&self, address: u64) -> bool {
        self.index_of(address).is_some()
    }

    /// Where `address` is.
    pub(super) fn place(&mut self, address: u64, objects: &mut Objects) -> Place {
        let Some(index) = self.index_of(address) else { return Place::Nowhere };
        let mapping = &mut self.mappings[index];
        if mapping.object.is_none() {
            let file = mapping.open(self.pid);
            mapping.object = Some(file.and_then(|file| objects.of(file, &mapping.path)));
        }
        let object = mapping.object.flatten();
        let (begin, file_offset) = (mapping.begin, mapping.file_offset);
        let Some(object) = object else { return Place::Anonymous };
        let offset = address - begin + file_offset;
        let own = !self.interpreted && self.is_own(index);
        Place::File { object, offset, own }
    }

    fn is_own(&self, index: usize) -> bool {
        let path = self.mappings[index].path.as_deref().unwrap_or_default();
        self.executable.as_deref() == Some(path) || !in_system_folder(path) && !is_interpreter(path)
    }

    fn index_of(&self, address: u64) -> Option<usize> {
        let behind = self.mappings.partition_point(|mapping| mapping.begin <= address);
        let index = behind.checked_sub(1)?;
        (address < self.mappings[index].end).then_some(index)
    }

    fn read(&mut self) {
        self.read_at = Instant::now();
        let Some(text) = read_maps(self.pid) else { return };
        let mappings: Vec<Mapping> = text.lines().filter_map(Mapping::parse).collect();
        if mappings.is_empty() {
            return;
        }
        self.mappings = mappings;
        let executable = std::fs::read_link(format!("/proc/{}/exe", self.pid));
        if let Ok(executable) = executable {
            let path = executable.to_string_lossy().into_owned();
            let path = path.strip_suffix(DELETED).unwrap_or(&path).to_owned();
            self.interpreted = is_interpreter(&path);
            self.executable = Some(path);
        }
    }
}

/// What the kernel appends to the path of a file that has none any more.
const DELETED: &str = " (deleted)";

impl Mapping {
    /// Of a line of `/proc/PID/maps`; none if it is not executable.
    fn parse(line: &str) -> Option<Self> {
        let mut rest = line;
        let mut field = || {
            let (field, behind) = rest.split_once(' ')?;
            rest = behind;
            Some(field)
        };
        let range = field()?;
        let permissions = field()?;
        let file_offset = u64::from_str_radix(field()?, 16).ok()?;
        let _device = field()?;
        let inode = field()?.parse().ok()?;
        let path = rest.trim_start_matches(' ');
        let (begin, end) = range.split_once('-')?;
        if permissions.as_bytes().get(2) != Some(&b'x') {
            return None;
        }
        let deleted = path.ends_with(DELETED);
        let path = path.strip_suffix(DELETED).unwrap_or(path);
        Some(Self {
            begin: u64::from_str_radix(begin, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            file_offset,
            inode,
            path: (inode != 0 && path.starts_with('/')).then(|| path.to_owned()),
            deleted,
            object: None,
        })
    }

    /// Opens the file that is mapped: by the mapping itself, which is right for deleted files and
    /// in other mount namespaces, and else by its path in the process's own file system.
    fn open(&self, pid: u32) -> Option<File> {
        let path = self.path.as_deref()?;
        let (begin, end) = (self.begin, self.end);
        let by_mapping = open_regular(&format!("/proc/{pid}/map_files/{begin:x}-{end:x}"));
        by_mapping.or_else(|| {
            let file = open_regular(&format!("/proc/{pid}/root{path}"))?;
            let same = rustix::fs::fstat(&file).is_ok_and(|stat| stat.st_ino == self.inode);
            (same && !self.deleted).then_some(file)
        })
    }
}

/// Opens a regular file to read it. Never waits: not for the other end of a FIFO either.
fn open_regular(path: &str) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file: OwnedFd = rustix::fs::openat(CWD, path, flags, Mode::empty()).ok()?;
    let file = File::from(file);
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

fn read_maps(pid: u32) -> Option<String> {
    let file = File::open(format!("/proc/{pid}/maps")).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST_MAPS_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{AddressSpace, Mapping, Objects, Place};

    #[test]
    fn lines_of_maps_are_understood() {
        let line = "55d0c0a01000-55d0c0a05000 r-xp 00001000 fd:00 1234   /srv/a b (deleted)";
        let expected = Mapping {
            begin: 0x55d0_c0a0_1000,
            end: 0x55d0_c0a0_5000,
            file_offset: 0x1000,
            inode: 1234,
            path: Some("/srv/a b".into()),
            deleted: true,
            object: None,
        };
        assert_eq!(Mapping::parse(line), Some(expected));
        let jit = Mapping::parse("7f0000000000-7f0000001000 r-xp 00000000 00:00 0 ");
        assert_eq!(jit.and_then(|mapping| mapping.path), None);
    }

    #[test]
    fn what_is_no_code_or_no_mapping_is_left_out() {
        let lines = ["", "x", "1-2 rw-p 0 00:00 0 ", "zz-2 r-xp 0 00:00 0 ", "1 r-xp 0 00:00 0 "];
        for line in lines {
            assert_eq!(Mapping::parse(line), None, "{line}");
        }
    }

    #[test]
    fn this_process_has_code_where_its_functions_are() {
        let mut space = AddressSpace::of(std::process::id());
        let function = std::process::id as fn() -> u32 as usize as u64;
        let place = space.place(function, &mut Objects::default());
        assert!(matches!(place, Place::File { own: true, .. }), "{place:?}");
        assert_eq!(space.place(0, &mut Objects::default()), Place::Nowhere);
    }

    #[test]
    fn a_process_that_is_gone_is_unknown() {
        assert!(AddressSpace::of(u32::MAX).is_unknown());
    }
}
