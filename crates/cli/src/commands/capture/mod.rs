//! Watching a program from its beginning to its end, for `explain` and `record`.

mod arguments;
mod interruption;
mod program_end;

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use whywait_record::{Capture, Host, Record, redact};
use whywait_report::escaped;
use whywait_trace::launch::Launched;
use whywait_trace::{Error, watch};

pub(super) use self::arguments::{CaptureArguments, DETAILS};
use self::interruption::Interruption;
use crate::failure::Failure;

/// A program that was watched.
pub(super) struct Captured {
    /// What was seen.
    pub(super) record: Record,
    goes_on: Option<Launched>,
    interruption: Interruption,
}

/// Watches what the arguments name.
pub(super) fn capture(arguments: &CaptureArguments) -> Result<Captured, Failure> {
    let target = arguments.target();
    let options = arguments.options(&target)?;
    let interruption = Interruption::listen()?;
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let watched = watch(&target, &options, interruption.flag()).map_err(refuse)?;
    let mut record = watched.record;
    record.capture = Capture {
        whywait: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        began_unix_s: began.map_or(0, |time| time.as_secs()),
        host: Some(host()),
        redacted: false,
        further_records: 0,
    };
    Ok(Captured { record, goes_on: watched.goes_on, interruption })
}

impl Captured {
    /// What a file is to keep: the record, redacted where that was asked for.
    pub(super) fn to_keep(&self, arguments: &CaptureArguments) -> Cow<'_, Record> {
        let mut record = Cow::Borrowed(&self.record);
        if arguments.redact {
            redact(record.to_mut());
        }
        record
    }

    /// Waits for a program that goes on, and returns the exit code that passes on its end.
    pub(super) fn wait_for_end(self) -> Result<u8, Failure> {
        match (self.goes_on, self.record.ending) {
            (Some(program), _) => program_end::wait(program, &self.interruption).map_err(refuse),
            (None, Some(ending)) => Ok(program_end::code_of(ending)),
            // It was running before, so its status is another process's to collect.
            (None, None) => Ok(0),
        }
    }
}

fn host() -> Host {
    let whywait_report::Host { kernel, cpus, cpu_model, memory_bytes } = whywait_lab::host();
    Host { kernel, cpus, cpu_model, memory_bytes }
}

fn refuse(error: Error) -> Failure {
    Failure::with_code(error.exit_status(), escaped(&error.to_string()), escaped(&error.advice()))
}
