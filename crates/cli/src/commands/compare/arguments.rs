//! The arguments of `whywait compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use whywait::{MODELS, Model, ModelRow, ParseModelError, WorkersKind};
use whywait_lab::Repeats;
use whywait_report::{COMPARE_FORMATS, Comparison, Format, Place};

use super::built_in_arguments::BuiltInArguments;
use super::echo::EchoArguments;
use crate::failure::Failure;
use crate::format_option;
use crate::nearest::advice;
use crate::quantity_option::read_time;

/// Most flows for which a model that starts a process for each is run without being asked for.
const MOST_PROCESSES_UNASKED: usize = 1000;

/// The arguments of `whywait compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// A built-in plan's name, echo, or a plan file (see docs/plan-file.md)
    pub(super) plan: String,

    /// Models to run, with commas between; all of them unless said (see `whywait models`), but
    /// for `process-per-connection` on a plan of more than 1000 flows
    #[arg(long, value_delimiter = ',', value_name = "A,B:4")]
    models: Vec<String>,

    /// Measured runs of each model: a number, or auto, which goes on until the differences are
    /// known, for 35 s at most once there are 3
    #[arg(long, default_value = "auto", value_name = "N", value_parser = read_repeats)]
    pub(super) repeat: Repeats,

    /// Where the working files are made; the system's temporary directory unless said
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,

    /// In which directories there: fast looks for some in which making files is fast, which on ext4
    /// depends on what was deleted lately; plain takes the directory as it is
    #[arg(long, default_value = "fast", value_name = "fast|plain")]
    place: String,

    /// How the result is shown: table or json
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: String,

    /// Write the result to this file instead of standard output
    #[arg(long, value_name = "F")]
    pub(super) out: Option<PathBuf>,

    /// The longest that one run may take, such as 90, 90s or "2 min"
    #[arg(long, default_value = "60 s", value_name = "T")]
    time_limit: String,

    /// Keep what is downloaded in this directory, once for all models; nothing is overwritten
    #[arg(long, value_name = "D")]
    pub(super) save: Option<PathBuf>,

    /// More URLs for `download --url`, one in each line of this file
    #[arg(long, value_name = "F")]
    pub(super) urls: Option<PathBuf>,

    /// The options of built-in plans.
    #[command(flatten)]
    pub(super) built_in: BuiltInArguments,

    /// The options of echo.
    #[command(flatten)]
    pub(super) echo: EchoArguments,
}

impl CompareArguments {
    /// The models, in the order of the command line or of the table.
    pub(super) fn models(&self, flows: usize) -> Result<Vec<Model>, Failure> {
        if self.models.is_empty() {
            // A process is a millisecond of work by itself, so that such a run only shows how
            // long starting thousands of them takes, at many times the length of all the others.
            let too_many = |row: &&ModelRow| {
                row.workers == WorkersKind::ProcessPerFlow && flows > MOST_PROCESSES_UNASKED
            };
            let rows = MODELS.iter().filter(|row| !too_many(row));
            let all = rows.map(|row| row.name.parse().expect("a row's name is a model"));
            return Ok(all.collect());
        }
        let mut models: Vec<Model> = Vec::new();
        for asked in &self.models {
            let model: Model = asked.trim().parse().map_err(refuse)?;
            if models.contains(&model) {
                let message = format!("the model `{model}` is named twice");
                return Err(Failure::usage(
                    message,
                    "name each once; --repeat runs all more often",
                ));
            }
            models.push(model);
        }
        Ok(models)
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(std::env::temp_dir)
    }

    pub(super) fn place(&self) -> Result<Place, Failure> {
        match self.place.as_str() {
            "fast" => Ok(Place::Fast),
            "plain" => Ok(Place::Plain),
            other => {
                let message = format!("there is no place `{other}`");
                Err(Failure::usage(message, advice(other, "places", ["fast", "plain"].into_iter())))
            }
        }
    }

    pub(super) fn format(&self) -> Result<&'static Format<Comparison>, Failure> {
        format_option::read(COMPARE_FORMATS, &self.format)
    }

    pub(super) fn time_limit(&self) -> Result<Duration, Failure> {
        read_time(&self.time_limit, "time-limit", "run in")
    }
}

/// The most repeats that can be asked for.
const MOST_REPEATS: usize = 1000;

fn read_repeats(text: &str) -> Result<Repeats, String> {
    if text == "auto" {
        return Ok(Repeats::Auto);
    }
    let number = text.parse().ok().filter(|number| (1..=MOST_REPEATS).contains(number));
    number
        .map(Repeats::Exactly)
        .ok_or_else(|| format!("write auto, or a number from 1 to {MOST_REPEATS}"))
}

fn refuse(error: ParseModelError) -> Failure {
    match &error {
        ParseModelError::Unknown(asked) => {
            let names = MODELS.iter().map(|row| row.name);
            let message = format!("there is no model `{asked}`");
            Failure::usage(message, advice(asked, "models", names))
        }
        _ => Failure::usage(error, "see `whywait models`"),
    }
}
