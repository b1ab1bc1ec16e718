//! A program of the corpus: its records, and what is true of it.

use std::path::{Path, PathBuf};

use super::truth::Truth;
use super::{CorpusError, RECORD};
use crate::Failed;

/// The file with what is true of a program.
pub(super) const TRUTH: &str = "truth.toml";

/// A program of the corpus.
#[derive(Debug)]
pub(super) struct Program {
    /// Its source and its name, as `SOURCE/NAME`.
    pub(super) name: String,
    pub(super) truth: Truth,
    /// By mode and number.
    pub(super) captures: Vec<Capture>,
}

/// One of the records of a program.
#[derive(Debug)]
pub(super) struct Capture {
    /// As `MODE.NUMBER`.
    pub(super) name: String,
    pub(super) mode: String,
    pub(super) path: PathBuf,
}

impl Program {
    /// Every program whose name contains one of the words, by name; all without words.
    ///
    /// # Errors
    /// If the corpus cannot be read, or a file in it is none that it may have.
    pub(super) fn all(corpus: &Path, words: &[String]) -> Result<Vec<Self>, Failed> {
        let mut programs = Vec::new();
        for source in crate::entries(corpus)?.iter().filter(|path| path.is_dir()) {
            for directory in crate::entries(source)? {
                let name = directory.strip_prefix(corpus).unwrap_or(&directory);
                let name = name.to_string_lossy().into_owned();
                if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
                    programs.push(Self::read(name, &directory)?);
                }
            }
        }
        Ok(programs)
    }

    fn read(name: String, directory: &Path) -> Result<Self, Failed> {
        let truth = Truth::read(&directory.join(TRUTH))?;
        let mut captures = Vec::new();
        for path in crate::entries(directory)? {
            if path.ends_with(TRUTH) {
                continue;
            }
            let named = path.file_name().and_then(|name| name.to_str()).and_then(|name| {
                let name = name.strip_suffix(RECORD)?.strip_suffix('.')?;
                let (mode, number) = name.rsplit_once('.')?;
                number.parse::<u32>().ok()?;
                Some((name.to_owned(), mode.to_owned()))
            });
            let Some((name, mode)) = named else {
                return Err(CorpusError::Stray { path }.into());
            };
            captures.push(Capture { name, mode, path });
        }
        Ok(Self { name, truth, captures })
    }
}
