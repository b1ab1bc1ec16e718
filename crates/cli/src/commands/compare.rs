//! `whywait compare`: one plan under every I/O model.

mod arguments;
mod output;
mod plan_source;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use whywait_lab::{DirectoryError, Options, Stop};
use whywait_plan::BUILTINS;
use whywait_report::{Agreement, Comparison, FORMATS, Status};

use self::arguments::CompareArguments;
use self::output::Output;
use crate::failure::{FAILED, Failure, INTERRUPTED};
use crate::progress_bar::ComparisonBar;

pub(super) fn build(name: &'static str) -> Command {
    let plans = BUILTINS.iter().map(|plan| format!("  {:<8} {}\n", plan.name, plan.summary));
    let formats = FORMATS.iter().map(|format| format!("  {:<8} {}\n", format.name, format.summary));
    let command = Command::new(name)
        .about("Run one plan under every I/O model, check that the results are equal, and say what each cost")
        .after_help(format!(
            "Built-in plans:\n{}\nFormats:\n{}\nExamples:\n  \
             whywait compare files\n  \
             whywait compare files --content fixed --models blocking,thread-pool:4,uring\n  \
             whywait compare read --dir /dev/shm --repeat 5\n  \
             whywait compare my-plan.toml --format json --out result.json\n\n\
             Exit code: 0 all well, 1 a model failed or results differ, 2 a wrong command line or \
             plan, 130 interrupted.",
            plans.collect::<String>(),
            formats.collect::<String>(),
        ));
    CompareArguments::augment_args(command)
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let arguments = CompareArguments::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error, "see `whywait compare --help`"))?;
    let plan = plan_source::load(&arguments)?;
    let options = Options {
        command: std::env::args().collect(),
        models: arguments.models()?,
        repeats: arguments.repeat as usize,
        directory: arguments.directory(),
        time_limit: arguments.time_limit()?,
    };
    let output = Output::open(arguments.format()?, arguments.out.as_deref())?;
    let stop = stop_on_signals()?;
    let bar = ComparisonBar::new();
    let compared =
        whywait_lab::compare(&plan, &options, &stop, &mut |progress| bar.show(&progress));
    drop(bar);
    let comparison = compared.map_err(|error| match error {
        DirectoryError::Missing { .. } => {
            Failure::usage(error, "the working files of the runs are made there, and removed")
        }
        _ => Failure::failed(error, "the working files of the runs are made there, and removed"),
    })?;
    output.write(&comparison)?;
    Ok(ExitCode::from(exit_code(&comparison)))
}

/// Makes Ctrl-C, and a polite end by another process, a wish that the lab looks at.
fn stop_on_signals() -> Result<Stop, Failure> {
    let stop = Stop::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register(signal, Arc::clone(&stop.flag()))
            .map_err(|error| Failure::failed(error, "signals could not be caught"))?;
    }
    Ok(stop)
}

fn exit_code(comparison: &Comparison) -> u8 {
    let failed = comparison.runs.iter().any(|run| run.status == Status::Failed);
    let none = comparison.runs.iter().all(|run| run.status == Status::Skipped);
    if comparison.interrupted {
        INTERRUPTED
    } else if failed || none || comparison.agreement() != Agreement::Equal {
        FAILED
    } else {
        0
    }
}
