//! Where programs come from: who runs them, and what is true of them.

use std::path::{Path, PathBuf};

use super::capture::Runner;
use super::sources::{cases, fixtures, models, programs};
use super::truth::Truths;
use crate::Failed;

/// A set of programs. A set is one file in `sources/` and one line in [`SOURCES`].
#[derive(Debug)]
pub(super) struct Source {
    /// Its directory in the corpus.
    pub(super) name: &'static str,
    /// The option that says where it is, if it is no part of this repository.
    pub(super) option: Option<&'static str>,
    /// What is true of each of its programs, by name.
    pub(super) truths: fn(&Places<'_>) -> Result<Truths, Failed>,
    /// Runs all of it once, or those programs that are named.
    pub(super) run: fn(&Places<'_>, &Runner<'_>) -> Result<(), Failed>,
}

/// Where this repository is, and where a source is that may be elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    pub(super) root: &'a Path,
    pub(super) source: &'a Path,
}

impl Places<'_> {
    /// What is in a directory of the source.
    pub(super) fn in_source(&self, name: impl AsRef<Path>) -> PathBuf {
        self.source.join(name)
    }
}

/// Every source.
pub(super) const SOURCES: &[Source] = &[
    Source { name: "fixtures", option: None, truths: fixtures::truths, run: fixtures::run },
    Source { name: "models", option: None, truths: models::truths, run: models::run },
    Source {
        name: "programs",
        option: Some("--programs"),
        truths: programs::truths,
        run: programs::run,
    },
    Source { name: "cases", option: Some("--cases"), truths: cases::truths, run: cases::run },
];
