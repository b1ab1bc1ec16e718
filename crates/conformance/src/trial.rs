//! Makes the tests: every check over every driver.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::check::Company;
use crate::checks::CHECKS;
use crate::stage::Stage;
use crate::subject::Subject;

/// How long a test may take before it counts as hung: far more than any needs, on however busy a
/// machine and slow a disk.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// A test for every driver and every check that may have this company, named `driver::check`.
#[must_use]
pub fn trials(company: Company) -> Vec<Trial> {
    let checks = || CHECKS.iter().filter(move |check| check.company == company);
    Subject::all()
        .flat_map(|subject| checks().map(move |check| (subject, check)))
        .map(|(subject, check)| {
            Trial::test(format!("{}::{}", subject.name(), check.name), move || {
                (0..subject.seeds()).try_for_each(|seed| {
                    patiently(move || check.run(&mut Stage::new(subject, seed)))
                        .map_err(|failure| format!("seed {seed}: {failure}").into())
                })
            })
        })
        .collect()
}

/// Runs `body` on a thread of its own; says what it panicked with, or that it never ended.
pub(crate) fn patiently(body: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let (end, ended) = channel::<()>();
    let thread = thread::spawn(move || {
        body();
        drop(end);
    });
    if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PATIENCE) {
        return Err(format!("hung: it did not end within {PATIENCE:?}"));
    }
    thread.join().map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("a panic without a message").to_owned()
    })
}

/// A test of this name.
pub(crate) fn trial(name: String, body: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || patiently(body).map_err(Failed::from))
}
