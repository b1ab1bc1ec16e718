//! What the terminal can show.

use std::os::fd::AsFd;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use whywait_report::{Appearance, Colour};

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 120;

/// How a report for people looks on standard output or standard error: coloured only on a
/// terminal, never with `NO_COLOR` set, as wide as the terminal is, or as `COLUMNS` says.
pub(crate) fn appearance(stream: &(impl RawStream + AsFd)) -> Appearance {
    let colour = match AutoStream::choice(stream) {
        ColorChoice::Never => Colour::Plain,
        _ => Colour::Ansi,
    };
    Appearance { columns: columns(stream), colour }
}

/// How a report for people looks in a file.
pub(crate) fn plain() -> Appearance {
    Appearance { columns: COLUMNS, colour: Colour::Plain }
}

/// How many columns there are.
pub(crate) fn columns(stream: &impl AsFd) -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || terminal_size::terminal_size_of(stream).map(|(width, _)| width.0.into());
    set.or_else(asked).filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}
