//! `whywait explain`: which I/O model a program uses, who waits, and what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use whywait_insight::{Explain, RuleSet, diagnose_with};
use whywait_report::{Diagnosis, EXPLAIN_FORMATS, Format, escaped};

use super::capture::{CaptureArguments, DETAILS, capture};
use crate::failure::Failure;
use crate::output::{Output, Stream, are_same};
use crate::record_file::{self, RecordFile};
use crate::{format_option, help};

/// The arguments of `whywait explain`.
#[derive(Debug, Args)]
struct ExplainArguments {
    #[command(flatten)]
    capture: CaptureArguments,

    /// Keep what was seen in this file, which its owner alone may read
    #[arg(long, value_name = "F")]
    save: Option<PathBuf>,

    /// Judge these records instead of watching a program; several are judged as their sum
    #[arg(long, value_name = "F", num_args = 1..,
          conflicts_with_all = ["command", "pid", "save", "redact", "duration", "detail", "slow_call", "timeline"])]
    from: Vec<PathBuf>,

    /// Say why threads are called what they are: every rule that was tried, with its facts. With a
    /// thread's number, of that one alone; with `shape`, why the program as a whole is
    #[arg(long, value_name = "TID|shape", num_args = 0..=1, require_equals = true,
          default_missing_value = "")]
    why: Option<String>,

    /// How the report is shown: text or json
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: String,

    /// Write the report to this file instead of standard error (with --from, standard output)
    #[arg(long, value_name = "F")]
    out: Option<PathBuf>,
}

pub(super) fn build(name: &'static str) -> Command {
    let details = DETAILS.iter().map(|row| (row.name, row.summary));
    let formats = EXPLAIN_FORMATS.iter().map(|format| (format.name, format.summary));
    ExplainArguments::augment_args(Command::new(name))
        .about("Watch a program, unchanged: which I/O model it uses, where its time goes, and what is wrong")
        .override_usage(
            "whywait explain [OPTIONS] [--] CMD [ARGS]...\n       \
             whywait explain [OPTIONS] --pid PID\n       \
             whywait explain [--why[=TID|shape]] [--format FORMAT] [--out F] --from F...",
        )
        .after_help(format!(
            "Levels of detail:\n{}\nFormats:\n{}\nExamples:\n  \
             whywait explain -- python3 app.py\n  \
             whywait explain --out report.txt -- make -j4\n  \
             whywait explain --pid 1234 --duration 10s\n  \
             whywait explain --format json --timeline --out report.json -- ./server\n  \
             whywait explain --save r.wwr --redact -- ./app\n  \
             whywait explain --from r.wwr\n  \
             whywait explain --why=1234 --from r.wwr\n\n\
             The program keeps its standard input, output and error; the report goes to standard \
             error, after the program's own words, or to --out. Children and threads are watched \
             too.\n\n\
             Ctrl-C ends watching and shows what there is. A program that was started gets the \
             terminal's Ctrl-C itself, and nothing from whywait: if it goes on, it is left \
             running. A second Ctrl-C ends whywait at once. After --duration the report is shown, \
             and whywait waits for the program without watching it, for its exit code.\n\n\
             Exit code: that of the program, or 128 + N if signal N ended it; 125 if whywait itself \
             failed, 126 if the program cannot be executed, 127 if there is no such program; 128 + N \
             if signal N ended watching and the program goes on. With --pid or --from 0, or 125.\n\n\
             Watching takes root, or the capabilities CAP_BPF and CAP_PERFMON; --from takes none.",
            help::lines(details),
            help::lines(formats),
        ))
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let arguments = ExplainArguments::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error, "see `whywait explain --help`"))?;
    if arguments.capture.redact && arguments.save.is_none() {
        return Err(Failure::usage("--redact changes the file of --save", "add --save F"));
    }
    let records = arguments.from.iter().chain(&arguments.save);
    if let Some(out) = &arguments.out
        && let Some(record) = records.into_iter().find(|record| are_same(record, out))
    {
        let message = format!("{} is a record, and --out would replace it", record.display());
        return Err(Failure::usage(escaped(&message), "choose another file with --out"));
    }
    let format = format_option::read(EXPLAIN_FORMATS, &arguments.format)?;
    let explain = arguments.why.as_deref().map(explained).transpose()?;
    if !arguments.from.is_empty() {
        return judge_saved(&arguments, explain, format);
    }
    let output = Output::open(Stream::Error, arguments.out.as_deref())?;
    let file = arguments.save.as_deref().map(RecordFile::open).transpose()?;
    let captured = capture(&arguments.capture)?;
    let saved = file.map_or(Ok(()), |file| file.write(&captured.to_keep(&arguments.capture)));
    let diagnosis = diagnose_with(&captured.record, &RuleSet::all(), explain);
    let written = show(&diagnosis, format, output);
    let code = captured.wait_for_end();
    // The program was waited for, even if the report or the record could not be written.
    written.and(saved).and(code).map(ExitCode::from)
}

/// What `--why` asks for.
fn explained(asked: &str) -> Result<Explain, Failure> {
    match asked {
        "" => Ok(Explain::All),
        "shape" => Ok(Explain::Shape),
        number => number.parse().map(Explain::Thread).map_err(|_| {
            let message = format!("--why={number:?} is neither `shape` nor a thread's number");
            Failure::usage(
                message,
                "the report has the numbers of threads; without one, `--why` is of all",
            )
        }),
    }
}

/// Judges records that were saved.
fn judge_saved(
    arguments: &ExplainArguments,
    explain: Option<Explain>,
    format: &Format<Diagnosis>,
) -> Result<ExitCode, Failure> {
    let output = Output::open(Stream::Output, arguments.out.as_deref())?;
    let merged = record_file::read_all(&arguments.from)?;
    let mut diagnosis = diagnose_with(&merged.record, &RuleSet::all(), explain);
    diagnosis.not_watched.extend(merged.not_summed.iter().map(ToString::to_string));
    show(&diagnosis, format, output)?;
    Ok(ExitCode::SUCCESS)
}

fn show(diagnosis: &Diagnosis, format: &Format<Diagnosis>, output: Output) -> Result<(), Failure> {
    output.write(|appearance, out| (format.render)(diagnosis, appearance, out))
}
