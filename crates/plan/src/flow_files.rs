//! The files of one flow, followed through its steps on paper.
//!
//! All flows of a group have files of the same sizes, so one walk through the group's steps
//! tells what each of them reads, writes and leaves on the disk.

use std::collections::HashMap;

use crate::{Amount, Declares, FileUse, FlowGroup, OpenMode, PathUse, Plan};

/// The most bytes on the disk at any time of a run; see [`Plan::disk_bytes`].
pub(crate) fn disk_bytes(plan: &Plan) -> u64 {
    let mut lengths = Lengths::new();
    let setup = Disk::of(plan.setup.iter().map(|group| {
        let files = FlowFiles::of(group, &lengths);
        lengths.extend(files.lengths());
        (group.count, files)
    }));
    let flows = plan.flows.iter().map(|group| (group.count, FlowFiles::of(group, &lengths)));
    let flows = Disk::of(flows);
    // No more flows than may be in progress have at once what they remove again.
    let at_once = plan.max_in_flight.map_or(u64::MAX, |most| most as u64);
    let passing = flows.passing.min(flows.passing_of_one.saturating_mul(at_once));
    setup.left.saturating_add(setup.passing.max(flows.left.saturating_add(passing)))
}

/// Bytes that all flows, the setup's not included, read from files and write to them.
pub(crate) fn transferred(plan: &Plan) -> Transferred {
    let mut lengths = Lengths::new();
    for group in &plan.setup {
        let files = FlowFiles::of(group, &lengths);
        lengths.extend(files.lengths());
    }
    plan.flows.iter().fold(Transferred::default(), |sum, group| {
        let files = FlowFiles::of(group, &lengths);
        let count = u64::from(group.count);
        Transferred {
            read: sum.read.saturating_add(files.moved.read.saturating_mul(count)),
            written: sum.written.saturating_add(files.moved.written.saturating_mul(count)),
        }
    })
}

/// Bytes read from files and written to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transferred {
    pub(crate) read: u64,
    pub(crate) written: u64,
}

/// What flows take on the disk.
#[derive(Default)]
struct Disk {
    /// Bytes that all flows leave.
    left: u64,
    /// Bytes that all flows have beyond that while they are in progress.
    passing: u64,
    /// The most of them that one flow has.
    passing_of_one: u64,
}

impl Disk {
    fn of(groups: impl Iterator<Item = (u32, FlowFiles)>) -> Self {
        groups.fold(Self::default(), |sum, (count, files)| {
            let left = files.on_disk();
            let passing = files.peak - left;
            let count = u64::from(count);
            Self {
                left: sum.left.saturating_add(left.saturating_mul(count)),
                passing: sum.passing.saturating_add(passing.saturating_mul(count)),
                passing_of_one: sum.passing_of_one.max(passing),
            }
        })
    }
}

/// How long the files are that the setup makes, by their path.
type Lengths = HashMap<String, u64>;

/// The files of one flow, followed through its steps.
///
/// Paths are compared as they are written, before `{flow}` is put in: within one flow that
/// comes to the same.
#[derive(Default)]
struct FlowFiles {
    files: HashMap<String, File>,
    open: Option<Open>,
    /// The most bytes on the disk at any time.
    peak: u64,
    moved: Transferred,
}

/// What a flow knows of a file.
#[derive(Clone, Copy, Default)]
struct File {
    /// How long it is; `None` when the plan does not tell.
    length: Option<u64>,
    /// The blocks that this flow's writes touch, in bytes, if no two touch the same.
    touched: u64,
}

struct Open {
    path: String,
    position: u64,
    appends: bool,
}

/// The blocks in which filesystems give out space; ext4's and tmpfs's on this architecture.
const BLOCK: u64 = 4096;
/// The key of a file that was removed while it is open: no path is empty.
const REMOVED: &str = "";

impl FlowFiles {
    fn of(group: &FlowGroup, lengths: &Lengths) -> Self {
        let mut files = Self::default();
        for step in &group.steps {
            files.follow(&step.declares(), lengths);
            files.peak = files.peak.max(files.on_disk());
        }
        files.close();
        files
    }

    fn lengths(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        self.files.iter().filter_map(|(path, file)| Some((path.clone(), file.length?)))
    }

    fn on_disk(&self) -> u64 {
        self.files.values().map(File::on_disk).fold(0, u64::saturating_add)
    }

    fn follow(&mut self, declares: &Declares<'_>, lengths: &Lengths) {
        if let Some((path, path_use)) = declares.path {
            self.follow_path(path.as_str(), path_use, declares, lengths);
        }
        match declares.file {
            FileUse::Reads => self.read(declares),
            FileUse::Writes => self.write(declares),
            FileUse::Closes => self.close(),
            FileUse::Untouched | FileUse::Opens(_) | FileUse::Needs => {}
        }
    }

    fn follow_path(
        &mut self,
        path: &str,
        path_use: PathUse,
        declares: &Declares<'_>,
        lengths: &Lengths,
    ) {
        match path_use {
            PathUse::Removes => return self.remove(path),
            PathUse::MakesDirectory => return,
            PathUse::Creates => {
                self.files.insert(path.to_owned(), File { length: Some(0), touched: 0 });
            }
            PathUse::Looks | PathUse::Changes => {
                let length = lengths.get(path).copied();
                self.files.entry(path.to_owned()).or_insert(File { length, touched: 0 });
            }
        }
        let opens = |appends| Open { path: path.to_owned(), position: 0, appends };
        match declares.file {
            FileUse::Opens(mode) => self.open = Some(opens(mode == OpenMode::Append)),
            // The step is an operation on the whole file, which it opens and closes itself.
            _ => {
                let open = self.open.replace(opens(false));
                self.read(declares);
                self.write(declares);
                self.open = open;
            }
        }
    }

    fn read(&mut self, declares: &Declares<'_>) {
        let Some(open) = &mut self.open else { return };
        let Some(file) = self.files.get(&open.path) else { return };
        let offset = declares.offset.unwrap_or(open.position);
        let there = file.length.map(|length| length.saturating_sub(offset));
        let bytes = match declares.reads {
            Amount::Bytes(bytes) => bytes.min(there.unwrap_or(bytes)),
            Amount::ToEnd => there.unwrap_or(0),
        };
        if declares.offset.is_none() {
            open.position += bytes;
        }
        self.moved.read = self.moved.read.saturating_add(bytes);
    }

    fn write(&mut self, declares: &Declares<'_>) {
        let Some(open) = &mut self.open else { return };
        let Some(file) = self.files.get_mut(&open.path) else { return };
        if open.appends {
            open.position = file.length.unwrap_or(0);
        }
        let offset = declares.offset.unwrap_or(open.position);
        file.write(offset, declares.writes);
        if declares.offset.is_none() {
            open.position += declares.writes;
        }
        self.moved.written = self.moved.written.saturating_add(declares.writes);
    }

    fn remove(&mut self, path: &str) {
        let Some(file) = self.files.remove(path) else { return };
        if let Some(open) = self.open.as_mut().filter(|open| open.path == path) {
            REMOVED.clone_into(&mut open.path);
            self.files.insert(REMOVED.to_owned(), file);
        }
    }

    fn close(&mut self) {
        self.open = None;
        self.files.remove(REMOVED);
    }
}

impl File {
    fn write(&mut self, offset: u64, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let end = offset + bytes;
        let blocks = end.div_ceil(BLOCK) - offset / BLOCK;
        self.touched = self.touched.saturating_add(blocks * BLOCK);
        self.length = Some(self.length.unwrap_or(0).max(end));
    }

    /// A file has no more blocks than its length needs, nor than were touched.
    fn on_disk(&self) -> u64 {
        self.touched.min(self.length.unwrap_or(0).next_multiple_of(BLOCK))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(setup: &str, flow: &str) -> Plan {
        let setup = if setup.is_empty() { String::new() } else { format!("[[setup]]\n{setup}\n") };
        Plan::parse("t", &format!("name = \"t\"\nmax_in_flight = 4\n{setup}[[flow]]\n{flow}"))
            .expect("a good plan")
    }

    #[test]
    fn a_file_takes_whole_blocks() {
        let small = r#"count = 3
            steps = [ { create = "{flow}" }, { write = 1 }, { write = 4000 }, { write = 96 } ]"#;
        assert_eq!(disk_bytes(&plan("", small)), 3 * 8192);
        let empty = r#"steps = [ { create = "a" }, { write = 0 } ]"#;
        assert_eq!(disk_bytes(&plan("", empty)), 0);
    }

    #[test]
    fn holes_take_no_space() {
        let sparse = r#"steps = [ { create = "a" }, { write_at = { offset = "1 TiB", size = 2 } },
            { write_at = { offset = 4095, size = 2 } } ]"#;
        assert_eq!(disk_bytes(&plan("", sparse)), 3 * 4096);
    }

    #[test]
    fn writing_twice_takes_space_once() {
        let again = r#"steps = [ { write_file = { path = "a", size = "8 KiB" } },
            { write_file = { path = "a", size = "4 KiB" } },
            { open = { path = "a", mode = "read_write" } }, { write = "4 KiB" } ]"#;
        assert_eq!(disk_bytes(&plan("", again)), 8192);
    }

    #[test]
    fn what_is_removed_counts_for_the_flows_in_progress() {
        let passing = r#"count = 100
            steps = [ { write_file = { path = "{flow}", size = "8 KiB" } }, { unlink = "{flow}" } ]"#;
        assert_eq!(disk_bytes(&plan("", passing)), 4 * 8192);
        let open = r#"steps = [ { create = "a" }, { unlink = "a" }, { write = "8 KiB" }, { close = true },
            { write_file = { path = "b", size = "4 KiB" } } ]"#;
        assert_eq!(disk_bytes(&plan("", open)), 8192);
    }

    #[test]
    fn the_setup_is_counted_and_tells_how_long_files_are() {
        let setup = r#"count = 10
            steps = [ { write_file = { path = "{flow}", lines = 100, line_length = 100 } } ]"#;
        let flow = r#"count = 10
            steps = [ { read_file = "{flow}" }, { open = "{flow}" }, { read = "10 KB" },
            { read = true }, { read_at = { offset = 10000, bytes = "1 KiB" } } ]"#;
        let plan = plan(setup, flow);
        assert_eq!(disk_bytes(&plan), 10 * 12_288);
        assert_eq!(transferred(&plan), Transferred { read: 10 * 20_300, written: 0 });
    }

    #[test]
    fn appending_goes_on_where_the_file_ends() {
        let setup = r#"steps = [ { write_file = { path = "a", size = 4096 } } ]"#;
        let flow = r#"steps = [ { open = { path = "a", mode = "append" } }, { write = 4096 } ]"#;
        let plan = plan(setup, flow);
        assert_eq!(disk_bytes(&plan), 2 * 4096);
        assert_eq!(transferred(&plan), Transferred { read: 0, written: 4096 });
    }

    proptest! {
        #[test]
        fn sequential_writes_take_what_their_sum_takes(sizes in prop::collection::vec(0_u64..10_000, 1..20)) {
            let writes: Vec<_> = sizes.iter().map(|size| format!("{{ write = {size} }}")).collect();
            let flow = format!("steps = [ {{ create = \"a\" }}, {} ]", writes.join(", "));
            let total: u64 = sizes.iter().sum();
            prop_assert_eq!(disk_bytes(&plan("", &flow)), total.next_multiple_of(4096));
        }
    }
}
