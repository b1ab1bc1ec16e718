//! The sources, a file each.

pub(super) mod cases;
pub(super) mod fixtures;
pub(super) mod models;
pub(super) mod programs;

use std::path::Path;

use serde::de::DeserializeOwned;

use super::CorpusError;
use crate::Failed;

/// A file of TOML.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failed> {
    let text = std::fs::read_to_string(path).map_err(Failed::read(path))?;
    toml::from_str(&text)
        .map_err(|error| CorpusError::Truth { path: path.into(), what: error.to_string() }.into())
}

/// One value or several.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
enum Any<T> {
    One(T),
    Several(Vec<T>),
}

impl<T> Default for Any<T> {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl<T> Any<T> {
    fn all(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Several(several) => several,
        }
    }
}

/// Modes by their names.
fn modes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A regular expression for a text in which `{NAME}` stands for what is only known once the
/// program runs.
fn pattern_of(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some((before, name)) = rest.split_once('{')
        && let Some((_, after)) = name.split_once('}')
    {
        pattern.push_str(&fancy_regex::escape(before));
        pattern.push_str(r"\S+");
        rest = after;
    }
    pattern + &fancy_regex::escape(rest)
}
