//! Models as constants, for programs that choose when they are compiled.

use std::num::NonZeroUsize;

use super::{Model, row_named};

impl Model {
    /// Blocking calls, one after another.
    pub const BLOCKING: Self = Self::named("blocking");
    /// Non-blocking calls, tried again and again.
    pub const NONBLOCKING: Self = Self::named("nonblocking");
    /// Blocking calls on a helper thread, each waited for.
    pub const OFFLOAD: Self = Self::named("offload");
    /// An event loop over `select(2)`.
    pub const SELECT: Self = Self::named("select");
    /// An event loop over `poll(2)`.
    pub const POLL: Self = Self::named("poll");
    /// An event loop over `epoll(7)`.
    pub const EPOLL: Self = Self::named("epoll");
    /// A loop over `io_uring(7)`.
    pub const URING: Self = Self::named("uring");
    /// A thread per flow or connection.
    pub const THREADS: Self = Self::named("threads");
    /// A process per flow or connection.
    pub const PROCESS_PER_CONNECTION: Self = Self::named("process-per-connection");
    /// The best that this machine allows: see [`Model::resolve`].
    pub const AUTO: Self = Self::named("auto");

    /// Blocking threads, this many.
    ///
    /// # Panics
    /// When it is 0 or more than [`Model::MOST_WORKERS`], as all of these.
    #[must_use]
    pub const fn thread_pool(workers: usize) -> Self {
        Self::counted("thread-pool", workers)
    }

    /// Blocking processes, this many. Panics as [`Model::thread_pool`].
    #[must_use]
    pub const fn processes(workers: usize) -> Self {
        Self::counted("processes", workers)
    }

    /// Threads with an event loop over `epoll(7)` each, this many. Panics as
    /// [`Model::thread_pool`].
    #[must_use]
    pub const fn epoll_threads(workers: usize) -> Self {
        Self::counted("epoll-threads", workers)
    }

    /// Threads with a loop over `io_uring(7)` each, this many. Panics as [`Model::thread_pool`].
    #[must_use]
    pub const fn uring_threads(workers: usize) -> Self {
        Self::counted("uring-threads", workers)
    }

    /// Processes with an event loop over `epoll(7)` each, this many. Panics as
    /// [`Model::thread_pool`].
    #[must_use]
    pub const fn epoll_processes(workers: usize) -> Self {
        Self::counted("epoll-processes", workers)
    }

    /// Processes with a loop over `io_uring(7)` each, this many. Panics as [`Model::thread_pool`].
    #[must_use]
    pub const fn uring_processes(workers: usize) -> Self {
        Self::counted("uring-processes", workers)
    }

    const fn named(name: &str) -> Self {
        match row_named(name) {
            Some(row) => Self { row, count: None },
            None => panic!("no row of the table has this name"),
        }
    }

    const fn counted(name: &str, workers: usize) -> Self {
        assert!(workers <= Self::MOST_WORKERS, "more workers than `Model::MOST_WORKERS`");
        let Some(count) = NonZeroUsize::new(workers) else { panic!("a model needs a worker") };
        Self { count: Some(count), ..Self::named(name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MODELS;

    #[test]
    fn every_row_is_a_constant_or_a_function_of_its_number_of_workers() {
        let constants = [
            Model::BLOCKING,
            Model::NONBLOCKING,
            Model::OFFLOAD,
            Model::SELECT,
            Model::POLL,
            Model::EPOLL,
            Model::URING,
            Model::THREADS,
            Model::PROCESS_PER_CONNECTION,
            Model::AUTO,
        ];
        let functions = [
            Model::thread_pool,
            Model::processes,
            Model::epoll_threads,
            Model::uring_threads,
            Model::epoll_processes,
            Model::uring_processes,
        ];
        let counted = functions.map(|function| function(4));
        for row in MODELS {
            let asked =
                if row.workers.is_counted() { format!("{}:4", row.name) } else { row.name.into() };
            let found = constants.iter().chain(&counted).find(|model| model.to_string() == asked);
            assert_eq!(found.copied(), asked.parse().ok(), "{asked}");
        }
    }
}
