//! The arguments of `whywait compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use whywait::{MODELS, Model, ParseModelError};
use whywait_plan::parse_duration;
use whywait_report::{FORMATS, Format};

use crate::failure::Failure;
use crate::nearest::advice;

/// The arguments of `whywait compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// A built-in plan's name, or a plan file (see docs/plan-file.md)
    pub(super) plan: String,

    /// Models to run, with commas between; all of them unless said (see `whywait models`)
    #[arg(long, value_delimiter = ',', value_name = "A,B:4")]
    models: Vec<String>,

    /// Measured runs of each model
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) repeat: u32,

    /// Where the working files are made; the system's temporary directory unless said
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,

    /// How the result is shown: table or json
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: String,

    /// Write the result to this file instead of standard output
    #[arg(long, value_name = "F")]
    pub(super) out: Option<PathBuf>,

    /// The longest that one run may take, such as 90, 90s or "2 min"
    #[arg(long, default_value = "60 s", value_name = "T")]
    time_limit: String,

    /// The options of built-in plans.
    #[command(flatten)]
    pub(super) built_in: BuiltInArguments,
}

/// What a built-in plan can be asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of built-in plans")]
pub(super) struct BuiltInArguments {
    /// How many files
    #[arg(long, value_name = "N")]
    pub(super) files: Option<u32>,

    /// Lines of each file
    #[arg(long, value_name = "N")]
    pub(super) lines: Option<u32>,

    /// Characters of each line
    #[arg(long, value_name = "N")]
    pub(super) line_length: Option<u32>,

    /// What is in the files: random is made by the worker that writes, fixed is made once
    #[arg(long, value_enum, value_name = "random|fixed", hide_possible_values = true)]
    pub(super) content: Option<ContentWord>,

    /// Where random content begins; the same seed makes the same files
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}

/// A kind of content, by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ContentWord {
    Random,
    Fixed,
}

impl CompareArguments {
    /// The models, in the order of the command line or of the table.
    pub(super) fn models(&self) -> Result<Vec<Model>, Failure> {
        if self.models.is_empty() {
            let all = MODELS.iter().map(|row| row.name.parse().expect("a row's name is a model"));
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

    pub(super) fn format(&self) -> Result<&'static Format, Failure> {
        Format::named(&self.format).ok_or_else(|| {
            let names = FORMATS.iter().map(|format| format.name);
            let message = format!("there is no format `{}`", self.format);
            Failure::usage(message, advice(&self.format, "formats", names))
        })
    }

    pub(super) fn time_limit(&self) -> Result<Duration, Failure> {
        let seconds = self.time_limit.parse().map(Duration::from_secs).ok();
        let limit = match seconds {
            Some(limit) => Ok(limit),
            None => parse_duration(&self.time_limit),
        };
        let limit = limit.map_err(|error| {
            let message = format!("--time-limit {:?}: {error}", self.time_limit);
            Failure::usage(message, "a number of seconds, or a time such as \"2 min\"")
        })?;
        if limit.is_zero() {
            let advice = "a number of seconds, or a time such as \"2 min\"";
            return Err(Failure::usage("--time-limit 0 leaves no time to run in", advice));
        }
        Ok(limit)
    }
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
