//! What somebody chose for a built-in plan's options.

use std::time::Duration;

use super::{BuiltInOption, OptionsError};
use crate::QuantityError;
use crate::duration::{self, duration_text, parse_duration};
use crate::limits::DURATION_MAX;
use crate::size::{self, parse_size, size_text};

/// What somebody chose for a built-in plan's options, as text.
///
/// Each option is read by the plan that has it, which alone knows its range.
pub(super) struct Choices<'a> {
    given: &'a [(&'a str, &'a str)],
}

impl<'a> Choices<'a> {
    pub(super) fn new(given: &'a [(&'a str, &'a str)]) -> Self {
        Self { given }
    }

    /// What was said, if anything was.
    pub(super) fn said(&self, option: &BuiltInOption) -> Option<&'a str> {
        self.given.iter().rfind(|(name, _)| *name == option.name).map(|(_, text)| *text)
    }

    /// All that was said, of an option that may be said several times.
    pub(super) fn all_said(&self, option: &BuiltInOption) -> impl Iterator<Item = &'a str> {
        let name = option.name;
        self.given.iter().filter(move |(given, _)| *given == name).map(|(_, text)| *text)
    }

    /// A whole number in a range.
    pub(super) fn number<N>(
        &self,
        option: &BuiltInOption,
        least: N,
        most: N,
    ) -> Result<N, OptionsError>
    where
        N: TryFrom<u64> + Into<u64> + Copy,
    {
        let text = self.text(option);
        let number: u128 = text
            .parse()
            .map_err(|_| OptionsError::NotANumber { option: option.name, text: text.to_owned() })?;
        let (least, most) = (least.into(), most.into());
        u64::try_from(number)
            .ok()
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| out_of_range(option, number, (least, most)))
    }

    /// A size in bytes, in a range.
    pub(super) fn size(
        &self,
        option: &BuiltInOption,
        least: u64,
        most: u64,
    ) -> Result<u64, OptionsError> {
        let text = self.text(option);
        let bytes =
            parse_size(text).map_err(|reason| quantity(option, text, reason, size::EXPECTED))?;
        let shown = |bytes| size_text(bytes);
        if (least..=most).contains(&bytes) {
            Ok(bytes)
        } else {
            Err(out_of_range(option, shown(bytes), (shown(least), shown(most))))
        }
    }

    /// A duration that a step may have.
    pub(super) fn duration(&self, option: &BuiltInOption) -> Result<Duration, OptionsError> {
        let text = self.text(option);
        let duration = parse_duration(text)
            .map_err(|reason| quantity(option, text, reason, duration::EXPECTED))?;
        let shown = duration_text;
        if duration <= DURATION_MAX {
            Ok(duration)
        } else {
            Err(out_of_range(option, shown(duration), (shown(Duration::ZERO), shown(DURATION_MAX))))
        }
    }

    /// One of several words.
    pub(super) fn word(
        &self,
        option: &BuiltInOption,
        known: &'static [&'static str],
    ) -> Result<&'a str, OptionsError> {
        let word = self.text(option);
        if known.contains(&word) {
            return Ok(word);
        }
        Err(OptionsError::UnknownWord { option: option.name, word: word.to_owned(), known })
    }

    /// What was said, or is assumed; an option without either has no text to be read.
    fn text(&self, option: &BuiltInOption) -> &'a str {
        self.said(option).or(option.default).unwrap_or_default()
    }
}

fn out_of_range(
    option: &BuiltInOption,
    value: impl ToString,
    (least, most): (impl ToString, impl ToString),
) -> OptionsError {
    OptionsError::OutOfRange {
        what: format!("--{}", option.name),
        value: value.to_string(),
        least: least.to_string(),
        most: most.to_string(),
    }
}

fn quantity(
    option: &BuiltInOption,
    text: &str,
    reason: QuantityError,
    expected: &'static str,
) -> OptionsError {
    OptionsError::Quantity { option: option.name, text: text.to_owned(), reason, expected }
}
