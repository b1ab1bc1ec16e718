//! `--name value` pairs of the command line.
//!
//! Left out on purpose: everything else that a command line can look like.

use std::path::PathBuf;
use std::str::FromStr;

use crate::failure::Failure;

/// The pairs, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    /// Reads pairs whose names are all in `known`.
    ///
    /// # Errors
    /// Names the first word that is out of place.
    pub(crate) fn parse(words: &'a [String], known: &[&str]) -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        for pair in words.chunks(2) {
            match pair {
                [name, value] if known.contains(&name.as_str()) => {
                    pairs.push((name.as_str(), value.as_str()));
                }
                [name, ..] => {
                    let known = known.join(", ");
                    return Err(format!("`{name}`: expected one of {known}, and a value").into());
                }
                [] => {}
            }
        }
        Ok(Self { pairs })
    }

    /// The value of `name`, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().rev().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// The number given for `name`, or `default`.
    ///
    /// # Errors
    /// When the value is no number.
    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, Failure> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.parse().map_err(|_| format!("`{name} {value}`: expected a number").into())
    }

    /// The path given for `name`, or `default`.
    pub(crate) fn path(&self, name: &str, default: impl Into<PathBuf>) -> PathBuf {
        self.get(name).map_or_else(|| default.into(), PathBuf::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_last_value_of_a_name_counts() {
        let words = words("--files 3 --files 4");
        let arguments = Arguments::parse(&words, &["--files"]).expect("both are known");
        assert_eq!(arguments.number("--files", 0).expect("a number"), 4);
        assert_eq!(arguments.number("--rounds", 5).expect("the default"), 5);
    }

    #[test]
    fn what_is_unknown_or_incomplete_is_named() {
        for text in ["--file 3", "--files", "--files 3 more"] {
            assert!(Arguments::parse(&words(text), &["--files"]).is_err(), "{text}");
        }
        let words = words("--files many");
        let arguments = Arguments::parse(&words, &["--files"]).expect("the name is known");
        assert!(arguments.number("--files", 0_u32).is_err());
    }
}
