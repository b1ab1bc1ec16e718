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

    /// Keep the sum of these records instead of making a new one
    #[arg(long, value_name = "F", num_args = 1..,
          conflicts_with_all = ["command", "pid", "duration", "detail", "slow_call", "timeline"])]
    from: Vec<PathBuf>,

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
             whywait record [--redact] -o F --from F...",
        )
        .after_help(
            "Examples:\n  \
             whywait record -o r.wwr -- python3 app.py\n  \
             whywait record -o r.wwr --pid 1234 --duration 10s\n  \
             whywait record --redact -o public.wwr --from r.wwr\n  \
             whywait record -o all.wwr --from host1.wwr host2.wwr\n\n\
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
    if !arguments.from.is_empty() {
        keep_sum(&arguments, file)?;
        return Ok(ExitCode::SUCCESS);
    }
    let captured = capture(&arguments.capture)?;
    let written = file.write(&captured.to_keep(&arguments.capture));
    let code = captured.wait_for_end();
    // The program was waited for, even if the record could not be written.
    written.and(code).map(ExitCode::from)
}

/// Keeps the sum of records, and says what is not in it.
fn keep_sum(arguments: &RecordArguments, file: RecordFile) -> Result<(), Failure> {
    let mut merged = record_file::read_all(&arguments.from)?;
    for what in &merged.not_summed {
        anstream::eprintln!("{what}");
    }
    if arguments.capture.redact {
        redact(&mut merged.record);
    }
    file.write(&merged.record)
}
