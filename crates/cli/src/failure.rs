//! Why a command ended badly, and the exit code for it.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use miette::{Diagnostic, Report};

/// Exit code after Ctrl-C, as shells have it: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit codes by which a subcommand tells its own failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Codes {
    /// A command line or plan that makes no sense.
    pub(crate) usage: u8,
    /// It made sense, and could not be done.
    pub(crate) failed: u8,
}

impl Codes {
    /// Those of a command whose exit code is all its own.
    pub(crate) const OWN: Self = Self { usage: 2, failed: 1 };

    /// Those of a command that passes on the exit code of another program, where 125 is what
    /// env(1), nice(1) and timeout(1) keep for themselves.
    pub(crate) const PASSING_ON: Self = Self { usage: 125, failed: 125 };
}

/// An error for people, and an exit code for programs.
pub(crate) struct Failure {
    report: Report,
    kind: Kind,
}

enum Kind {
    Usage,
    Failed,
    Code(u8),
}

impl Failure {
    /// What was asked for makes no sense; `advice` says what would.
    pub(crate) fn usage(message: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self::new(message, advice, Kind::Usage)
    }

    /// What was asked for makes no sense, and the error says where.
    pub(crate) fn wrong(diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { report: Report::new(diagnostic), kind: Kind::Usage }
    }

    /// It made sense, and could not be done.
    pub(crate) fn failed(message: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self::new(message, advice, Kind::Failed)
    }

    /// It could not be done, and an exit code of its own says why.
    pub(crate) fn with_code(
        code: u8,
        message: impl fmt::Display,
        advice: impl fmt::Display,
    ) -> Self {
        Self::new(message, advice, Kind::Code(code))
    }

    fn new(message: impl fmt::Display, advice: impl fmt::Display, kind: Kind) -> Self {
        Self { report: miette::miette!(help = advice.to_string(), "{message}"), kind }
    }

    /// Shows the error on standard error.
    pub(crate) fn report(self, codes: Codes) -> ExitCode {
        // Where nobody reads it, the exit code says it all the same.
        let _ = writeln!(anstream::stderr(), "{:?}", self.report);
        ExitCode::from(match self.kind {
            Kind::Usage => codes.usage,
            Kind::Failed => codes.failed,
            Kind::Code(code) => code,
        })
    }
}
