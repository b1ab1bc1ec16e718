//! `whywait compare`: one plan under every I/O model.

mod arguments;
mod built_in_arguments;
mod echo;
mod plan_source;
mod saving;
mod url_list;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use signal_hook::flag;
use whywait_lab::{CompareError, DirectoryError, EchoOptions, Options, Progress, Stop};
use whywait_plan::{BUILTINS, Plan};
use whywait_report::{Agreement, COMPARE_FORMATS, Comparison, Status};

use self::arguments::CompareArguments;
use self::saving::Saving;
use crate::failure::{Codes, Failure, INTERRUPTED};
use crate::help;
use crate::output::{Output, Stream};
use crate::progress_bar::ComparisonBar;
use crate::signals;

pub(super) fn build(name: &'static str) -> Command {
    let built_in = BUILTINS.iter().map(|plan| (plan.name, plan.summary));
    let built_in = built_in.chain([(echo::NAME, echo::SUMMARY)]);
    let formats = COMPARE_FORMATS.iter().map(|format| (format.name, format.summary));
    CompareArguments::augment_args(Command::new(name))
        .about("Run one plan under every I/O model, check that the results are equal, and say what each cost")
        .after_help(format!(
            "Built-in plans:\n{}\nFormats:\n{}\nExamples:\n  \
             whywait compare files\n  \
             whywait compare files --content fixed --models blocking,thread-pool:4,uring\n  \
             whywait compare read --dir /dev/shm --repeat 5\n  \
             whywait compare download --url https://example.org/a https://example.org/b --save .\n  \
             whywait compare echo --connections 10000 --active 100\n  \
             whywait compare my-plan.toml --format json --out result.json\n\n\
             Exit code: 0 all well, 1 a model failed or results differ, 2 a wrong command line or \
             plan, 130 interrupted.",
            help::lines(built_in),
            help::lines(formats),
        ))
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let arguments = CompareArguments::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error, "see `whywait compare --help`"))?;
    let asked = asked(&arguments)?;
    let options = Options {
        command: std::env::args().collect(),
        models: arguments.models(asked.flows())?,
        repeats: arguments.repeat,
        directory: arguments.directory(),
        place: arguments.place()?,
        time_limit: arguments.time_limit()?,
        save: arguments.save.clone(),
    };
    if let (Asked::Plan(plan), Some(directory)) = (&asked, &options.save) {
        Saving::check(plan, directory)?;
    }
    let format = arguments.format()?;
    let output = Output::open(Stream::Output, arguments.out.as_deref())?;
    let stop = stop_on_signals()?;
    let mut bar = ComparisonBar::new();
    let mut saving = Saving::default();
    let show = &mut |progress: Progress| {
        saving.note(&progress.stage);
        bar.show(&progress);
    };
    let compared = match &asked {
        Asked::Plan(plan) => whywait_lab::compare(plan, &options, &stop, show).map_err(refuse),
        Asked::Echo(echo) => whywait_lab::compare_echo(echo, &options, &stop, show)
            .map_err(|error| Failure::usage(error, "see `whywait compare --help`")),
    };
    drop(bar);
    let comparison = compared?;
    output.write(|appearance, out| (format.render)(&comparison, appearance, out))?;
    let is_saved = options.save.is_none() || saving.tell();
    let code = exit_code(&comparison);
    Ok(ExitCode::from(if code == 0 && !is_saved { Codes::OWN.failed } else { code }))
}

/// What was asked for.
enum Asked {
    Plan(Box<Plan>),
    Echo(EchoOptions),
}

impl Asked {
    /// How many flows there are, or connections.
    fn flows(&self) -> usize {
        match self {
            Self::Plan(plan) => plan.flow_count() as usize,
            Self::Echo(echo) => echo.connections,
        }
    }
}

fn asked(arguments: &CompareArguments) -> Result<Asked, Failure> {
    if arguments.plan != echo::NAME {
        arguments.echo.refuse(&arguments.plan)?;
        return plan_source::load(arguments).map(Box::new).map(Asked::Plan);
    }
    let downloads = [("save", arguments.save.is_some()), ("urls", arguments.urls.is_some())];
    let downloads = downloads.into_iter().filter_map(|(name, given)| given.then_some(name));
    let built_in = arguments.built_in.given().into_iter().map(|(name, _)| name);
    match built_in.chain(downloads).next() {
        None => arguments.echo.options().map(Asked::Echo),
        Some(option) => Err(Failure::usage(
            format!("--{option} is an option of plans, and `{}` is none", echo::NAME),
            "see `whywait compare --help`",
        )),
    }
}

fn refuse(error: CompareError) -> Failure {
    let files = "the working files of the runs are made there, and removed";
    match error {
        CompareError::Directory(DirectoryError::Missing { .. }) => Failure::usage(error, files),
        CompareError::Peers(_) => {
            Failure::failed(error, "they listen at free ports of 127.0.0.1, which must be allowed")
        }
        _ => Failure::failed(error, files),
    }
}

/// Makes Ctrl-C, and a polite end by another process, a wish that the lab looks at.
fn stop_on_signals() -> Result<Stop, Failure> {
    let stop = Stop::default();
    for signal in signals::asking_for_an_end() {
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
        Codes::OWN.failed
    } else {
        0
    }
}
