//! What the programs of these tests are: entries for the processes that execute them again, and
//! checks that run one after the other.
//!
//! Left out on purpose: the checks.

use libtest_mimic::{Arguments, Failed, Trial};

/// A check that panics when it fails.
pub(crate) type Check = fn();

/// Becomes a measured process, a server or a load if this one was started as such; else runs the
/// checks that the command line asks for, one at a time, and ends the program.
pub(crate) fn run(checks: &[(&str, Check)]) -> ! {
    whywait::worker_entry();
    whywait_lab::run_entry();
    let trials = checks.iter().map(|(name, check)| {
        let check = *check;
        Trial::test(*name, move || {
            check();
            Ok::<_, Failed>(())
        })
    });
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials.collect()).exit()
}
