//! What is watched, and how: the arguments that `explain` and `record` share.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;
use whywait_plan::parse_duration;
use whywait_record::{Detail, Feature};
use whywait_trace::{Options, Target};

use crate::failure::Failure;
use crate::nearest::advice;
use crate::quantity_option::{read, read_time};

/// What is watched, and how.
#[derive(Debug, Args)]
pub(in crate::commands) struct CaptureArguments {
    /// The program to start and watch, and its arguments
    #[arg(value_name = "CMD", trailing_var_arg = true,
          required_unless_present_any = ["pid", "from"])]
    command: Vec<OsString>,

    /// Watch this process, which runs already, until it ends or Ctrl-C
    #[arg(long, value_name = "PID", conflicts_with = "command")]
    pid: Option<u32>,

    /// The longest that watching lasts, such as 10, 10s or "2 min"
    #[arg(long, value_name = "T")]
    duration: Option<String>,

    /// How much is watched: full or light. Default: full for a program that is started, light for
    /// one that runs already
    #[arg(long, value_name = "LEVEL")]
    detail: Option<String>,

    /// From which length on a single call is kept
    #[arg(long, default_value = "1 ms", value_name = "T")]
    slow_call: String,

    /// Record what each thread did when, in at most N entries. Without N: 100000
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "100000",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    timeline: Option<u32>,

    /// Do without something that the kernel may have, to test what is done then
    #[arg(long, value_name = "FEATURE", hide = true)]
    forgo: Vec<String>,

    /// Replace names, paths, arguments and addresses in the file by placeholders
    #[arg(long)]
    pub(in crate::commands) redact: bool,
}

/// A level of detail.
pub(in crate::commands) struct DetailRow {
    /// What is typed.
    pub(in crate::commands) name: &'static str,
    /// What is seen, in one sentence.
    pub(in crate::commands) summary: &'static str,
    detail: Detail,
}

/// Every level of detail.
pub(in crate::commands) const DETAILS: &[DetailRow] = &[
    DetailRow {
        name: "full",
        summary: "every system call, with its outcome and length",
        detail: Detail::Full,
    },
    DetailRow {
        name: "light",
        summary: "calls that wait, and samples of the rest: next to no cost",
        detail: Detail::Light,
    },
];

impl CaptureArguments {
    /// What is watched.
    pub(in crate::commands) fn target(&self) -> Target {
        match self.pid {
            Some(pid) => Target::Process(pid),
            None => Target::Command(self.command.clone()),
        }
    }

    /// How it is watched.
    pub(in crate::commands) fn options(&self, target: &Target) -> Result<Options, Failure> {
        let mut options = Options::for_target(target);
        if let Some(detail) = &self.detail {
            options.detail = detail_named(detail)?;
        }
        options.timeline = self.timeline.map(|entries| entries as usize);
        options.slow_call = self.slow_call()?;
        let read = |text| read_time(text, "duration", "watch");
        options.duration = self.duration.as_deref().map(read).transpose()?;
        options.forgo =
            self.forgo.iter().map(|name| feature_named(name)).collect::<Result<_, _>>()?;
        Ok(options)
    }

    fn slow_call(&self) -> Result<Duration, Failure> {
        let expected = "a time such as \"1 ms\"";
        let length = read(&self.slow_call, "slow-call", parse_duration, expected)?;
        if length.is_zero() {
            return Err(Failure::usage("--slow-call 0 makes every call a slow one", expected));
        }
        Ok(length)
    }
}

fn feature_named(asked: &str) -> Result<Feature, Failure> {
    let found = Feature::ALL.iter().find(|feature| feature.name() == asked);
    found.copied().ok_or_else(|| {
        let names = Feature::ALL.iter().map(|feature| feature.name());
        let message = format!("there is no feature `{asked}` to do without");
        Failure::usage(message, advice(asked, "features", names))
    })
}

fn detail_named(asked: &str) -> Result<Detail, Failure> {
    let found = DETAILS.iter().find(|row| row.name == asked);
    found.map(|row| row.detail).ok_or_else(|| {
        let names = DETAILS.iter().map(|row| row.name);
        let message = format!("there is no level of detail `{asked}`");
        Failure::usage(message, advice(asked, "levels", names))
    })
}
