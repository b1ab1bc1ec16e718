//! `whywait record`: watches a program and keeps what was seen, without judging it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use whywait_record::redact;

use super::capture::{CaptureArguments, capture};
use crate::failure::Failure;
use crate::record_file::{self, RecordFile};

/// The arguments of `whywait record`.
#[derive(Debug, Args)]
struct RecordArguments {
    #[command(flatten)]
    capture: CaptureArguments,

    /// Redact this record instead of making a new one
    #[arg(long, value_name = "F", requires = "redact",
          conflicts_with_all = ["command", "pid", "duration", "detail", "slow_call", "timeline"])]
    from: Option<PathBuf>,

    /// The file of the record, which its owner alone may read
    #[arg(short, long, value_name = "F")]
    out: PathBuf,
}

pub(super) fn build(name: &'static str) -> Command {
    RecordArguments::augment_args(Command::new(name))
        .about("Watch a program, unchanged, and keep what was seen in a file")
        .override_usage(
            "whywait record [OPTIONS] -o F [--] CMD [ARGS]...\n       \
             whywait record [OPTIONS] -o F --pid PID\n       \
             whywait record --redact -o F --from F",
        )
        .after_help(
            "Examples:\n  \
             whywait record -o r.wwr -- python3 app.py\n  \
             whywait record -o r.wwr --pid 1234 --duration 10s\n  \
             whywait record --redact -o public.wwr --from r.wwr\n\n\
             `whywait explain --from r.wwr` judges the record, on any machine and without root. With \
             --redact the file has placeholders for names, paths, arguments and addresses, and can \
             be attached to a bug report.\n\n\
             Exit code: as that of `whywait explain`.",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let arguments = RecordArguments::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error, "see `whywait record --help`"))?;
    let file = RecordFile::open(&arguments.out)?;
    if let Some(from) = &arguments.from {
        let mut record = record_file::read(from)?;
        redact(&mut record);
        file.write(&record)?;
        return Ok(ExitCode::SUCCESS);
    }
    let captured = capture(&arguments.capture)?;
    let written = file.write(&captured.to_keep(&arguments.capture));
    let code = captured.wait_for_end();
    // The program was waited for, even if the record could not be written.
    written.and(code).map(ExitCode::from)
}
