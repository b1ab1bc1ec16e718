//! Which CPUs a thread may use.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The CPUs that the calling thread may use, in order; none where the system does not tell.
pub(crate) fn allowed() -> Vec<usize> {
    let Ok(cpus) = sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|cpu| cpus.is_set(*cpu)).collect()
}

/// Keeps the calling thread, and those that it starts from now on, to some CPUs.
pub(crate) fn keep_to(wanted: &[usize]) -> io::Result<()> {
    let mut cpus = CpuSet::new();
    wanted.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU).for_each(|cpu| cpus.set(*cpu));
    sched_setaffinity(None, &cpus)
        .map_err(|error| io::Error::other(format!("cannot keep to the CPUs {wanted:?}: {error}")))
}
