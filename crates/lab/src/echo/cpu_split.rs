//! Which CPUs the server keeps to, and which the load.

use whywait::{Model, WorkersKind};

use crate::cpus;

/// The CPUs of this process, divided between servers and load: where there are two or more the
/// load keeps to the last one, so that neither takes time from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CpuSplit {
    /// For servers with several workers.
    pub(super) servers: Vec<usize>,
    /// For the load; none shares all CPUs with the servers.
    pub(super) load: Option<usize>,
}

impl CpuSplit {
    pub(super) fn here() -> Self {
        Self::of(cpus::allowed())
    }

    fn of(mut allowed: Vec<usize>) -> Self {
        let load = if allowed.len() > 1 { allowed.pop() } else { None };
        Self { servers: allowed, load }
    }

    /// The CPUs for a server under `model`: one for one worker, so that its memory stays near.
    pub(super) fn for_server(&self, model: Model) -> &[usize] {
        match model.row().workers {
            WorkersKind::One => &self.servers[..self.servers.len().min(1)],
            _ => &self.servers,
        }
    }

    /// How many workers a server with a worker for each of its CPUs has.
    pub(super) fn workers(&self) -> usize {
        self.servers.len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_server(split: &CpuSplit, model: &str) -> Vec<usize> {
        split.for_server(model.parse().unwrap()).to_vec()
    }

    #[test]
    fn the_load_has_the_last_cpu_and_servers_the_others() {
        let split = CpuSplit::of(vec![1, 2, 5]);
        assert_eq!((split.load, split.workers()), (Some(5), 2));
        assert_eq!(for_server(&split, "epoll"), [1]);
        assert_eq!(for_server(&split, "epoll-threads"), [1, 2]);
        assert_eq!(for_server(&split, "threads"), [1, 2]);
    }

    #[test]
    fn one_cpu_is_shared() {
        let split = CpuSplit::of(vec![3]);
        assert_eq!((split.load, split.workers()), (None, 1));
        assert_eq!(for_server(&split, "epoll"), [3]);
        assert_eq!(CpuSplit::of(Vec::new()).workers(), 1);
    }
}
