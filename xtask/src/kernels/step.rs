//! What runs on each kernel. A step is one line in [`STEPS`].

/// One thing that must work on a kernel.
#[derive(Debug)]
pub(super) struct Step {
    /// By which `--only` selects it and the table shows it. One word.
    pub(super) name: &'static str,
    pub(super) run: Run,
    /// How long it may take in the guest, in seconds.
    pub(super) limit_s: u32,
    /// Whether its output is also printed when it passes.
    pub(super) shown: bool,
}

/// How a step is run and when it has passed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// A line of shell, which ends with 0.
    Shell(&'static str),
    /// A file of `fixtures/`, watched in full and in light detail.
    Fixture(&'static str),
    /// A test of `crates/cli/tests/explain`, by its whole name. It must exist.
    Explain(&'static str),
}

/// How often a fixture is tried: beside other load the emulated CPU stalls for seconds, and a share
/// of the time is then that of the stall. What a kernel refuses it refuses each time.
const ATTEMPTS: usize = 3;

/// The steps in their order.
///
/// Fixtures are those in C, one for each way to wait. They are not attached to while they run: an
/// emulated CPU needs longer to load whywait's programs than most of them last.
pub(super) const STEPS: &[Step] = &[
    Step::shell("verifier", "verifier").shown(),
    Step::shell("explain-true", "whywait explain -- true"),
    Step::fixture("fixture:blocking_dns", "blocking_dns.c"),
    Step::fixture("fixture:blocking_read_cold_file", "blocking_read_cold_file.c"),
    Step::fixture("fixture:blocking_read_fifo", "blocking_read_fifo.c"),
    Step::fixture("fixture:busy_wait_recv", "busy_wait_recv.c"),
    Step::fixture("fixture:cpu_only", "cpu_only.c"),
    Step::fixture("fixture:epoll_loop", "epoll_loop.c"),
    Step::fixture("fixture:fsync_per_write", "fsync_per_write.c"),
    Step::fixture("fixture:idle", "idle.c"),
    Step::fixture("fixture:lock_contention", "lock_contention.c"),
    Step::fixture("fixture:poll_loop", "poll_loop.c"),
    Step::fixture("fixture:select_loop", "select_loop.c"),
    Step::fixture("fixture:uring_loop", "uring_loop.c"),
    Step::fixture("fixture:uring_punted", "uring_punted.c"),
    Step::explain(
        "attach",
        "attach::a_running_program_is_watched_for_the_duration_and_left_running",
    ),
    Step::explain("2000-threads", "hard_programs::two_thousand_threads"),
    Step::explain(
        "killed",
        "interruption::a_killed_whywait_leaves_the_program_alone_and_nothing_in_the_kernel",
    ),
    Step::shell("compare-files", "whywait compare files --files 100 --repeat 1 --dir .").limit(240),
    // What a program in the kernel does wrong may show only there.
    Step::shell("kernel-log", "! dmesg | grep -E 'WARNING:|BUG:|Oops|EXT4-fs error'"),
];

impl Step {
    const fn new(name: &'static str, run: Run) -> Self {
        Self { name, run, limit_s: 180, shown: false }
    }

    const fn shell(name: &'static str, line: &'static str) -> Self {
        Self::new(name, Run::Shell(line))
    }

    const fn fixture(name: &'static str, file: &'static str) -> Self {
        Self::new(name, Run::Fixture(file))
    }

    const fn explain(name: &'static str, test: &'static str) -> Self {
        Self::new(name, Run::Explain(test))
    }

    const fn limit(mut self, limit_s: u32) -> Self {
        self.limit_s = limit_s;
        self
    }

    const fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    /// The line of shell that runs it in the guest, where the test binaries are commands.
    pub(super) fn command(&self) -> String {
        match self.run {
            Run::Shell(line) => line.to_owned(),
            Run::Fixture(file) => {
                let tests = ["full", "light"].map(|way| {
                    let once = exact("fixtures", &format!("{file}::{way}"));
                    [once.as_str(); ATTEMPTS].join(" || ")
                });
                format!("code=0; {} || code=1; {} || code=1; exit $code", tests[0], tests[1])
            }
            Run::Explain(test) => exact("explain", test),
        }
    }

    /// How many tests pass in it; none if it runs no test binary.
    pub(super) fn tests(&self) -> u64 {
        match self.run {
            Run::Shell(_) => 0,
            Run::Fixture(_) => 2,
            Run::Explain(_) => 1,
        }
    }
}

/// Runs one test of a test binary.
fn exact(binary: &str, test: &str) -> String {
    format!("{binary} --color never --exact {test}")
}

#[cfg(test)]
mod tests {
    use super::{Run, STEPS};
    use crate::root;

    #[test]
    fn names_are_words_and_each_is_there_once() {
        let mut names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        assert!(names.iter().all(|name| !name.contains(char::is_whitespace)));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn every_fixture_and_test_exists() {
        for step in STEPS {
            match step.run {
                Run::Shell(_) => {}
                Run::Fixture(file) => {
                    assert!(root().join("fixtures").join(file).is_file(), "{file}");
                }
                Run::Explain(test) => {
                    let (module, function) = test.split_once("::").expect("a module and a test");
                    let path = format!("crates/cli/tests/explain/{module}.rs");
                    let text = std::fs::read_to_string(root().join(path)).expect("the module");
                    assert!(text.contains(&format!("fn {function}()")), "{test}");
                }
            }
        }
    }
}
