//! Why a command ended badly, and the exit code for it.

use std::fmt;
use std::process::ExitCode;

use miette::{Diagnostic, Report};

/// Exit code of a run in which a model failed or results differ, or that could not be done.
pub(crate) const FAILED: u8 = 1;
/// Exit code of a command line or plan that makes no sense.
pub(crate) const USAGE: u8 = 2;
/// Exit code after Ctrl-C, as shells have it: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// An error for people, and an exit code for programs.
pub(crate) struct Failure {
    report: Report,
    code: u8,
}

impl Failure {
    /// What was asked for makes no sense; `advice` says what would.
    pub(crate) fn usage(message: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self { report: miette::miette!(help = advice.to_string(), "{message}"), code: USAGE }
    }

    /// What was asked for makes no sense, and the error says where.
    pub(crate) fn wrong(diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { report: Report::new(diagnostic), code: USAGE }
    }

    /// It made sense, and could not be done.
    pub(crate) fn failed(message: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self { report: miette::miette!(help = advice.to_string(), "{message}"), code: FAILED }
    }

    /// Shows the error on standard error.
    pub(crate) fn report(self) -> ExitCode {
        anstream::eprintln!("{:?}", self.report);
        ExitCode::from(self.code)
    }
}
