//! `whywait explain`: which I/O model a program uses, who waits, and what is wrong.
//!
//! Left out on purpose: watching, judging and showing, which are the libraries'. What is here is
//! the program that is watched: where it comes from, and how its end becomes whywait's own.

mod arguments;
mod interruption;
mod program_end;

use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use whywait_insight::diagnose;
use whywait_report::{Diagnosis, EXPLAIN_FORMATS, escaped};
use whywait_trace::{Error, watch};

use self::arguments::{DETAILS, ExplainArguments};
use self::interruption::Interruption;
use crate::failure::Failure;
use crate::help;
use crate::output::{Output, Stream};

pub(super) fn build(name: &'static str) -> Command {
    let details = DETAILS.iter().map(|row| (row.name, row.summary));
    let formats = EXPLAIN_FORMATS.iter().map(|format| (format.name, format.summary));
    ExplainArguments::augment_args(Command::new(name))
        .about("Watch a program, unchanged: which I/O model it uses, where its time goes, and what is wrong")
        .override_usage("whywait explain [OPTIONS] [--] CMD [ARGS]...\n       whywait explain [OPTIONS] --pid PID")
        .after_help(format!(
            "Levels of detail:\n{}\nFormats:\n{}\nExamples:\n  \
             whywait explain -- python3 app.py\n  \
             whywait explain --out report.txt -- make -j4\n  \
             whywait explain --pid 1234 --duration 10s\n  \
             whywait explain --format json --timeline --out report.json -- ./server\n\n\
             The program keeps its standard input, output and error; the report goes to standard \
             error, after the program's own words, or to --out. Children and threads are watched \
             too.\n\n\
             Ctrl-C ends watching and shows what there is. A program that was started gets the \
             terminal's Ctrl-C itself, and nothing from whywait: if it goes on, it is left \
             running. A second Ctrl-C ends whywait at once. After --duration the report is shown, \
             and whywait waits for the program without watching it, for its exit code.\n\n\
             Exit code: that of the program, or 128 + N if signal N ended it; 125 if whywait itself \
             failed, 126 if the program cannot be executed, 127 if there is no such program; 128 + N \
             if signal N ended watching and the program goes on. With --pid 0, or 125.\n\n\
             To watch takes root, or the capabilities CAP_BPF and CAP_PERFMON.",
            help::lines(details),
            help::lines(formats),
        ))
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let arguments = ExplainArguments::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error, "see `whywait explain --help`"))?;
    let target = arguments.target();
    let options = arguments.options(&target)?;
    let format = arguments.format()?;
    let output = Output::open(Stream::Error, arguments.out.as_deref())?;
    let interruption = Interruption::listen()?;
    let watched = watch(&target, &options, interruption.flag()).map_err(refuse)?;
    let diagnosis = Diagnosis {
        command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        machine: Some(whywait_lab::host()),
        ..diagnose(&watched.record)
    };
    let written = output.write(|appearance, out| (format.render)(&diagnosis, appearance, out));
    let code = match (watched.goes_on, watched.record.ending) {
        (Some(program), _) => program_end::wait(program, &interruption).map_err(refuse),
        (None, Some(ending)) => Ok(program_end::code_of(ending)),
        // A process of somebody else's, whose status is nothing to pass on.
        (None, None) => Ok(0),
    };
    // Whatever became of the report, the program was waited for.
    written.and(code).map(ExitCode::from)
}

fn refuse(error: Error) -> Failure {
    Failure::with_code(error.exit_status(), escaped(&error.to_string()), escaped(&error.advice()))
}
