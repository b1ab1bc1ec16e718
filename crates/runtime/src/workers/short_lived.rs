//! What processes cost that come and go during a run.

use crate::measure::Cost;

/// The sum over processes of which not all live at one time.
///
/// Times and counts add up. Memory and threads are those of as many processes as there were at
/// most at one time, each taken to be as large as the largest: an upper bound.
#[derive(Debug, Default)]
pub(crate) struct ShortLived {
    cost: Cost,
    alive: u64,
    most_alive: u64,
}

impl ShortLived {
    /// One more process lives.
    pub(crate) fn born(&mut self) {
        self.alive += 1;
        self.most_alive = self.most_alive.max(self.alive);
    }

    /// A process has reported what it cost.
    pub(crate) fn count(&mut self, cost: &Cost) {
        let (memory, threads) = (self.cost.peak_memory_bytes, self.cost.threads);
        self.cost += cost;
        self.cost.peak_memory_bytes = memory.max(cost.peak_memory_bytes);
        self.cost.threads = threads.max(cost.threads);
    }

    /// A process lives no more.
    pub(crate) fn died(&mut self) {
        self.alive -= 1;
    }

    /// How many there were at one time, at most.
    pub(crate) fn most_alive(&self) -> usize {
        self.most_alive as usize
    }

    /// What all of them cost.
    pub(crate) fn cost(self) -> Cost {
        let mut cost = self.cost;
        cost.peak_memory_bytes *= self.most_alive;
        cost.threads *= self.most_alive;
        cost.processes = self.most_alive;
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_follow_each_other_share_their_memory() {
        let mut lives = ShortLived::default();
        for megabytes in [3, 5] {
            lives.born();
            let peak_memory_bytes = megabytes << 20;
            lives.count(&Cost { peak_memory_bytes, syscalls: 7, threads: 2, ..Cost::default() });
            lives.died();
        }
        let cost = lives.cost();
        assert_eq!((cost.peak_memory_bytes, cost.threads), (5 << 20, 2));
        assert_eq!((cost.processes, cost.syscalls), (1, 14));
    }
}
