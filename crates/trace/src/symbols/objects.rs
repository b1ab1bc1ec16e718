//! All files in which code was found.
//!
//! Left out on purpose: where they are mapped, which differs from process to process.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use super::call_instruction::{Call, LONGEST_CALL_BYTES, call_before};
use super::object_file::ObjectFile;
use super::unwind_table::{UnwindStep, UnwindTable};

/// How many files are kept open. Code in others has no names.
const MOST_OBJECTS: usize = 256;

/// How large the tables that say how to unwind may be together; the C library's has 0.2 MB, that of
/// Node 3 MB.
const MOST_UNWIND_BYTES: u64 = 24 << 20;

/// How many answers about unwinding are remembered.
const MOST_STEPS: usize = 8192;

/// A file in [`Objects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ObjectId(u16);

/// What tells files apart: device, inode, and what changes when an inode becomes another file.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified_s: i64,
    modified_ns: i64,
}

/// All files in which code was found.
#[derive(Debug, Default)]
pub(super) struct Objects {
    ids: HashMap<Identity, Option<ObjectId>>,
    objects: Vec<Object>,
    unwind_bytes: u64,
    steps: HashMap<(ObjectId, u64), Option<UnwindStep>>,
}

/// A file, with what has been read of it.
#[derive(Debug)]
struct Object {
    file: ObjectFile,
    path: String,
    /// None until it is asked for.
    unwind_table: Option<Option<UnwindTable>>,
}

impl Objects {
    /// The id of `file`, which was found at `path`; none if it is no ELF file or one too many.
    pub(super) fn of(&mut self, file: File, path: &Option<String>) -> Option<ObjectId> {
        let metadata = file.metadata().ok()?;
        let identity = Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_s: metadata.mtime(),
            modified_ns: metadata.mtime_nsec(),
        };
        if let Some(id) = self.ids.get(&identity) {
            return *id;
        }
        if self.ids.len() >= MOST_OBJECTS {
            return None;
        }
        let id = ObjectFile::read(file).and_then(|file| {
            let id = ObjectId(u16::try_from(self.objects.len()).ok()?);
            let path = path.clone().unwrap_or_default();
            self.objects.push(Object { file, path, unwind_table: None });
            Some(id)
        });
        self.ids.insert(identity, id);
        id
    }

    /// The file of that id.
    pub(super) fn file(&self, id: ObjectId) -> &ObjectFile {
        &self.objects[usize::from(id.0)].file
    }

    /// Where that file was found.
    pub(super) fn path(&self, id: ObjectId) -> &str {
        &self.objects[usize::from(id.0)].path
    }

    /// The call that ends `offset` bytes from the beginning of the file, if there can be one.
    pub(super) fn call_before(&self, id: ObjectId, offset: u64) -> Option<Call> {
        call_before(&self.file(id).before::<LONGEST_CALL_BYTES>(offset)?)
    }

    /// How to go from the instruction at `address` to its function's caller; none where the file
    /// does not say.
    pub(super) fn unwind(&mut self, id: ObjectId, address: u64) -> Option<UnwindStep> {
        if let Some(step) = self.steps.get(&(id, address)) {
            return *step;
        }
        let step = self.unwind_table(id).and_then(|table| table.step(address));
        if self.steps.len() >= MOST_STEPS {
            self.steps.clear();
        }
        self.steps.insert((id, address), step);
        step
    }

    fn unwind_table(&mut self, id: ObjectId) -> Option<&UnwindTable> {
        let left = MOST_UNWIND_BYTES - self.unwind_bytes;
        let object = &mut self.objects[usize::from(id.0)];
        if object.unwind_table.is_none() {
            let table = UnwindTable::read(&object.file, left);
            self.unwind_bytes += table.as_ref().map_or(0, UnwindTable::size_bytes);
            object.unwind_table = Some(table);
        }
        object.unwind_table.as_ref()?.as_ref()
    }
}
