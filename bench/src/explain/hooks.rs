//! By what one process watches another, as far as that can be seen from outside.
//!
//! Left out on purpose: what each hook is attached to.

use std::fs;

use crate::failure::Failure;

/// What holds a watcher to what it watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hooks {
    /// Programs that are attached in the kernel.
    links: usize,
    /// Events of perf_event_open(2).
    events: usize,
    /// Whether it is the tracer, ptrace(2).
    traces: bool,
}

impl Hooks {
    /// Those by which `watcher` watches `watched`.
    ///
    /// # Errors
    /// When `watched` has ended.
    pub(crate) fn of(watcher: u32, watched: u32) -> Result<Self, Failure> {
        let status = fs::read_to_string(format!("/proc/{watched}/status"))?;
        let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
        let traces = tracer.is_some_and(|tracer| tracer.trim() == watcher.to_string());
        let targets = descriptors(watcher);
        let count = |name: &str| targets.iter().filter(|target| target.contains(name)).count();
        Ok(Self {
            links: count("bpf_link") + count("bpf-link"),
            events: count("[perf_event]"),
            traces,
        })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the descriptors of a process lead to; none once it has ended.
fn descriptors(process: u32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let targets = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.map(|target| target.to_string_lossy().into_owned()).collect()
}

/// Memory that the maps of a process hold in the kernel, in bytes (`memlock` in its fdinfo).
pub(crate) fn map_bytes(process: u32) -> u64 {
    let entries = fs::read_dir(format!("/proc/{process}/fdinfo")).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| fs::read_to_string(entry.path()).ok());
    let of_maps = texts.filter(|text| text.lines().any(|line| line.starts_with("map_type:")));
    let bytes = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("memlock:"))?;
        line.trim().parse::<u64>().ok()
    };
    of_maps.filter_map(bytes).sum()
}
