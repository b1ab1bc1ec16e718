//! Why a built-in plan cannot be made as it was asked for.

use crate::QuantityError;
use crate::UrlMistake;
use crate::nearest::nearest;

/// Why a built-in plan cannot be made as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The plan has no such option.
    #[error("--{option} is not an option of `{built_in}`")]
    NotAnOption {
        /// The option.
        option: String,
        /// The plan.
        built_in: &'static str,
        /// The plan's options.
        known: Vec<&'static str>,
    },
    /// A value is too small or too large.
    #[error("{what} is {value}, and can be {least} to {most}")]
    OutOfRange {
        /// The option, or what follows from several.
        what: String,
        /// What was asked for.
        value: String,
        /// The least that it can be.
        least: String,
        /// The most that it can be.
        most: String,
    },
    /// A value is no number.
    #[error("--{option} {text:?} is not a whole number")]
    NotANumber {
        /// The option.
        option: &'static str,
        /// What was said.
        text: String,
    },
    /// A value is not a size, or not a duration.
    #[error("--{option} {text:?}: {reason}")]
    Quantity {
        /// The option.
        option: &'static str,
        /// What was said.
        text: String,
        /// Why it cannot be read.
        reason: QuantityError,
        /// What was expected.
        expected: &'static str,
    },
    /// A value is none of the words that the option takes.
    #[error("--{option} cannot be {word:?}")]
    UnknownWord {
        /// The option.
        option: &'static str,
        /// What was said.
        word: String,
        /// The words that it can be.
        known: &'static [&'static str],
    },
    /// A value is no URL.
    #[error("--{option} {url:?}: {reason}")]
    Url {
        /// The option.
        option: &'static str,
        /// What was said.
        url: String,
        /// Why it is none.
        reason: UrlMistake,
    },
    /// Two things that were said do not go together.
    #[error("{what}")]
    Contradiction {
        /// What does not go together with what.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

impl OptionsError {
    /// What was expected, or what to do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::NotAnOption { option, built_in, known } => {
                let all: Vec<_> = known.iter().map(|name| format!("--{name}")).collect();
                let all = format!("`{built_in}` has {}", all.join(", "));
                match nearest(option, known.iter().copied()) {
                    Some(name) => format!("did you mean --{name}? {all}"),
                    None => all,
                }
            }
            Self::OutOfRange { .. } => "see `whywait compare --help`".to_owned(),
            Self::NotANumber { .. } => "expected a whole number, such as 1000".to_owned(),
            Self::Quantity { expected, .. } => format!("expected {expected}"),
            Self::UnknownWord { known, .. } => format!("it can be {}", known.join(" or ")),
            Self::Url { .. } => "expected a URL such as https://example.org/a".to_owned(),
            Self::Contradiction { advice, .. } => (*advice).to_owned(),
        }
    }
}
