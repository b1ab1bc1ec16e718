//! What `whywait compare echo` is asked for.
//!
//! Echo is no plan: nothing says when it ends but its duration. Left out on purpose: the options
//! that it shares with plans.

use clap::Args;
use whywait_lab::EchoOptions;
use whywait_plan::{parse_duration, parse_size};

use crate::failure::Failure;
use crate::quantity_option::read;

/// What it is called on the command line.
pub(super) const NAME: &str = "echo";

/// What it does, in one sentence.
pub(super) const SUMMARY: &str = "serve echo to 1000 connections that stay open";

/// The options of echo.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of echo")]
pub(super) struct EchoArguments {
    /// Connections that are open at once [1000]
    #[arg(long, value_name = "N")]
    connections: Option<usize>,

    /// How many of them are busy [all]
    #[arg(long, value_name = "N")]
    active: Option<usize>,

    /// Length of each message [64 B]
    #[arg(long, value_name = "S")]
    message: Option<String>,

    /// For how long a run is measured [2 s]
    #[arg(long, value_name = "T")]
    duration: Option<String>,

    /// Messages per second over all connections, whether or not the ones before are answered;
    /// without it each is sent when the one before is answered
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    rate: Option<f64>,
}

impl EchoArguments {
    /// The options as the lab has them.
    pub(super) fn options(&self) -> Result<EchoOptions, Failure> {
        let defaults = EchoOptions::default();
        let connections = self.connections.unwrap_or(defaults.connections);
        let message = self
            .message
            .as_deref()
            .map(|text| read(text, "message", parse_size, "a size such as 64 or \"1 KiB\""));
        let message = message.transpose()?;
        let duration = self
            .duration
            .as_deref()
            .map(|text| read(text, "duration", parse_duration, "a time such as \"2 s\""));
        let duration = duration.transpose()?;
        let message_bytes = message.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let options = EchoOptions {
            connections,
            active: self.active.unwrap_or(connections),
            message_bytes: message_bytes.unwrap_or(defaults.message_bytes),
            duration: duration.unwrap_or(defaults.duration),
            rate_per_s: self.rate,
        };
        let wrong = |error| Failure::usage(error, "see `whywait compare --help`");
        options.check().map(|()| options).map_err(wrong)
    }

    /// Refuses the options where something else is compared.
    pub(super) fn refuse(&self, asked: &str) -> Result<(), Failure> {
        let given = [
            ("connections", self.connections.is_some()),
            ("active", self.active.is_some()),
            ("message", self.message.is_some()),
            ("duration", self.duration.is_some()),
            ("rate", self.rate.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => Err(Failure::usage(
                format!("--{option} is an option of `{NAME}`, and not of `{asked}`"),
                format!("leave it out, or use `whywait compare {NAME}`"),
            )),
        }
    }
}
