//! What the comparison ran on.

use std::fs;
use std::path::Path;

use rustix::system::uname;
use whywait::{Model, Unavailable};
use whywait_report::{Host, Machine, Place};

/// Describes the machine, as far as it bears on the numbers of a comparison.
pub(crate) fn describe(directory: &Path, place: Place) -> Machine {
    Machine {
        host: host(),
        filesystem: filesystem_of(directory),
        directory: directory.display().to_string(),
        place,
        io_uring: io_uring().is_ok(),
    }
}

/// Describes the machine, as far as it bears on any number. What cannot be read is zero or none.
#[must_use]
pub fn host() -> Host {
    let system = uname();
    let kernel = [system.sysname(), system.release()].map(|text| text.to_string_lossy());
    Host {
        kernel: kernel.join(" "),
        cpus: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64),
        cpu_model: cpu_model(),
        memory_bytes: memory_bytes("MemTotal:"),
    }
}

/// Whether a process may set up an io_uring here.
pub(crate) fn io_uring() -> Result<(), Unavailable> {
    let model: Model = "uring".parse().expect("a row of the table of models");
    model.probe()
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A line of `/proc/meminfo`, such as `MemTotal:`; zero where it cannot be read.
pub(crate) fn memory_bytes(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// The type of the filesystem at the longest mount point above `directory`.
fn filesystem_of(directory: &Path) -> String {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            let point = words.next()?.replace("\\040", " ");
            let kind = words.next()?;
            directory.starts_with(&point).then_some((point.len(), kind))
        })
        // Of two mounts at one point the later one is seen.
        .max_by_key(|(length, _)| *length);
    kind.map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_proc() {
        assert_eq!(filesystem_of(Path::new("/proc/self")), "proc");
    }

    #[test]
    fn this_machine_has_cpus_and_a_kernel() {
        let machine = describe(Path::new("/"), Place::Plain);
        let host = machine.host;
        assert!(host.cpus > 0 && host.memory_bytes > 0);
        assert!(host.kernel.starts_with("Linux "), "{}", host.kernel);
    }
}
