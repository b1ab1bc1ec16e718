//! Random programs, whose outcomes must not depend on the driver.
//!
//! In a program each op can finish before the next is submitted, so that every driver can run it.
//! Programs move all bytes that they mean to, in as many calls as it takes: outcomes are byte
//! streams and errors, never short counts. The reference is the simulated driver without faults.

mod conversation;
mod exchange;
mod file_program;
mod text;

use std::fmt::Debug;

use libtest_mimic::Trial;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use whywait_driver::Faults;

use crate::stage::Stage;
use crate::subject::Subject;
use crate::trial::trial;

/// Random programs for each driver.
const CASES: u32 = 64;

/// Where proptest keeps the seeds of programs that failed; to be committed.
const FILE_REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/files");
const EXCHANGE_REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/exchange");
const CONVERSATION_REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/conversation");

const REFERENCE: Subject = Subject::Simulated { name: "reference", faults: Faults::none, seeds: 1 };

/// A test for every driver and kind of program, named `driver::program`.
#[must_use]
pub fn equal_outcomes() -> Vec<Trial> {
    Subject::all()
        .flat_map(|subject| {
            let name = |program| format!("{}::{program}", subject.name());
            let files = move || {
                compare(subject, FILE_REGRESSIONS, file_program::programs(), |stage, program| {
                    file_program::run(stage, program)
                });
            };
            let conversations = move || {
                compare(
                    subject,
                    CONVERSATION_REGRESSIONS,
                    conversation::conversations(),
                    conversation::run,
                );
            };
            let exchanges = move || {
                compare(subject, EXCHANGE_REGRESSIONS, exchange::exchanges(), exchange::run);
            };
            [
                trial(name("files"), files),
                trial(name("conversation"), conversations),
                trial(name("exchange"), exchanges),
            ]
        })
        .collect()
}

/// Runs random programs on the reference and on `subject`, and compares.
fn compare<S: Strategy, O: Debug + PartialEq>(
    subject: Subject,
    regressions: &'static str,
    programs: S,
    run: fn(&mut Stage, &S::Value) -> O,
) {
    let persistence = FileFailurePersistence::Direct(regressions);
    let config = Config {
        cases: CASES,
        failure_persistence: Some(Box::new(persistence)),
        ..Config::default()
    };
    let outcome = |subject: Subject, seed, program: &S::Value| {
        let mut stage = Stage::new(subject, seed);
        let outcome = run(&mut stage, program);
        stage.assert_settled();
        outcome
    };
    let result = TestRunner::new(config).run(&programs, |program| {
        let expected = outcome(REFERENCE, 0, &program);
        for seed in 0..subject.seeds() {
            assert_eq!(outcome(subject, seed, &program), expected);
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
