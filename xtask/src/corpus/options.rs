//! The words after `cargo xtask corpus`.

use std::path::{Path, PathBuf};

use super::source::{SOURCES, Source};
use crate::Failed;

const USAGE: &str = "cargo xtask corpus [--accept | --needed] [--truths] [--capture [--times N]] \
                     [--programs DIR] [--cases DIR] [--directory DIR=NAME]… [PROGRAM…]";

/// What to do with which programs.
#[derive(Debug)]
pub(super) struct Options {
    /// Whether the page of results is written.
    pub(super) accept: bool,
    /// Whether the rules that nothing needs are looked for instead.
    pub(super) needed: bool,
    /// Whether what is true of the programs is taken over again.
    pub(super) truths: bool,
    /// Whether the programs are watched.
    pub(super) capture: bool,
    /// How often they are watched.
    pub(super) times: u32,
    /// What the names of programs must contain, one of them; all if there are none.
    pub(super) words: Vec<String>,
    /// Directories of this machine, and what stands for each in a record.
    pub(super) directories: Vec<(PathBuf, String)>,
    /// Where sources are, by their options.
    places: Vec<(String, PathBuf)>,
}

impl Options {
    /// # Errors
    /// [`Failed::Usage`] on an unknown option or one without its value.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Failed> {
        let mut options = Self {
            accept: false,
            needed: false,
            truths: false,
            capture: false,
            times: 2,
            words: Vec::new(),
            directories: Vec::new(),
            places: Vec::new(),
        };
        let usage = || Failed::Usage(USAGE);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--accept" => options.accept = true,
                "--needed" => options.needed = true,
                "--truths" => options.truths = true,
                "--capture" => options.capture = true,
                "--times" => {
                    let number = words.next().and_then(|word| word.parse().ok());
                    options.times = number.ok_or_else(usage)?;
                }
                "--directory" => {
                    let pair = words.next().and_then(|word| word.split_once('='));
                    let (path, name) = pair.ok_or_else(usage)?;
                    options.directories.push((path.into(), name.to_owned()));
                }
                option if SOURCES.iter().any(|source| source.option == Some(option)) => {
                    let path = words.next().ok_or_else(usage)?;
                    options.places.push((option.to_owned(), path.into()));
                }
                option if option.starts_with('-') => return Err(usage()),
                word => options.words.push(word.to_owned()),
            }
        }
        Ok(options)
    }

    /// The words that are no names of sources.
    pub(super) fn names(&self) -> Vec<String> {
        self.words.iter().filter(|word| !is_source(word)).cloned().collect()
    }

    /// Whether programs of a source are wanted: it is named, or none is.
    pub(super) fn wants(&self, source: &Source) -> bool {
        let mut sources = self.words.iter().filter(|word| is_source(word)).peekable();
        sources.peek().is_none() || sources.any(|word| word == source.name)
    }

    /// Where a source is: this repository, or where an option says; none if none does.
    pub(super) fn place_of(&self, root: &Path, source: &Source) -> Option<PathBuf> {
        let Some(option) = source.option else { return Some(root.to_owned()) };
        let given = self.places.iter().find(|(name, _)| name == option);
        given.map(|(_, path)| path.canonicalize().unwrap_or_else(|_| root.join(path)))
    }
}

fn is_source(word: &str) -> bool {
    SOURCES.iter().any(|source| source.name == word)
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::corpus::source::SOURCES;

    #[test]
    fn the_name_of_a_source_selects_all_of_it() {
        let words = ["--capture", "fixtures", "echo"].map(str::to_owned);
        let options = Options::parse(&words).expect("it is understood");
        let wanted: Vec<_> = SOURCES.iter().filter(|one| options.wants(one)).collect();
        assert_eq!(wanted.len(), 1);
        assert_eq!(options.names(), ["echo"]);
        let all = Options::parse(&[]).expect("it is understood");
        assert!(SOURCES.iter().all(|one| all.wants(one)));
    }
}
