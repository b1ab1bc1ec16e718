//! whywait's own models: a server under each of them, as the table of models calls it.

use whywait::MODELS;
use whywait_report::Severity;

use crate::Failed;
use crate::corpus::capture::Runner;
use crate::corpus::source::Places;
use crate::corpus::truth::{Truth, Truths};

/// What the table says; no shape is expected of a model that is chosen when the program runs.
pub(in crate::corpus) fn truths(_: &Places<'_>) -> Result<Truths, Failed> {
    let rows = MODELS.iter().filter(|row| !row.seen_as.is_empty());
    let truths = rows.map(|row| {
        let truth = Truth {
            what: format!("An echo server of whywait's under the model `{}`.", row.name),
            shapes: row.seen_as.iter().take(1).map(|name| (*name).to_owned()).collect(),
            false_from: Some(Severity::Warn),
            allowed: row.warned_of.iter().map(|name| (*name).to_owned()).collect(),
            ..Truth::default()
        };
        (row.name.to_owned(), truth)
    });
    Ok(truths.collect())
}

/// Runs them by the test that watches them.
pub(in crate::corpus) fn run(places: &Places<'_>, runner: &Runner<'_>) -> Result<(), Failed> {
    runner.test(places.root, "explain", &["models::", "--include-ignored"])
}
