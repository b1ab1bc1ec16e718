//! A value of the plan file, the key that it stands under, and its place in the file.
//!
//! Steps read their values through this, so that every step refuses the same mistake in the
//! same words.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::duration::{self, duration_text, parse_duration};
use crate::limits::{DELIMITER_BYTES_MAX, DURATION_MAX};
use crate::mistake::{Mistake, MistakeAt};
use crate::nearest::nearest;
use crate::path_template::PathTemplate;
use crate::quantity::QuantityError;
use crate::size::{self, parse_size, size_text};
use crate::url_template::{UrlMistake, UrlTemplate};

/// A value of the plan file, the key that it stands under, and its place in the file.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    key: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

/// A table whose keys are all known.
pub(crate) struct Fields<'a> {
    place: String,
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(key: &'a str, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { key, value }
    }

    /// Says what is wrong with this value.
    pub(crate) fn mistake(&self, mistake: Mistake) -> MistakeAt {
        mistake.at(self.span())
    }

    pub(crate) fn key(&self) -> &'a str {
        self.key
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// Whether it is this text.
    pub(crate) fn is_text(&self, text: &str) -> bool {
        self.value.get_ref().as_str() == Some(text)
    }

    pub(crate) fn is_bool(&self) -> bool {
        self.value.get_ref().is_bool()
    }

    /// The elements of a list.
    pub(crate) fn list(
        &self,
        expected: &'static str,
    ) -> Result<impl ExactSizeIterator<Item = Entry<'a>> + use<'a>, MistakeAt> {
        let key = self.key;
        let list = self.value.get_ref().as_array().ok_or_else(|| self.wrong_type(expected))?;
        Ok(list.iter().map(move |value| Entry { key, value }))
    }

    /// The table, whatever its keys.
    pub(crate) fn table(&self, expected: &'static str) -> Result<&'a DeTable<'a>, MistakeAt> {
        self.value.get_ref().as_table().ok_or_else(|| self.wrong_type(expected))
    }

    /// The table, which must have no other keys than the known ones.
    pub(crate) fn fields(
        &self,
        known: &[&'static str],
        expected: &'static str,
    ) -> Result<Fields<'a>, MistakeAt> {
        let fields = self.any_fields(expected)?;
        fields.unknown_keys(known).into_iter().next().map_or(Ok(fields), Err)
    }

    /// The table, whose keys the caller checks by [`Fields::unknown_keys`].
    pub(crate) fn any_fields(&self, expected: &'static str) -> Result<Fields<'a>, MistakeAt> {
        let place = format!("`{}`", self.key);
        Ok(Fields { place, table: self.table(expected)?, span: self.span() })
    }

    pub(crate) fn text(&self, expected: &'static str) -> Result<&'a str, MistakeAt> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// One of several words.
    pub(crate) fn word(&self, known: &[&'static str]) -> Result<&'a str, MistakeAt> {
        let word = self.text("one of its words, in quotes")?;
        if known.contains(&word) {
            return Ok(word);
        }
        Err(self.mistake(Mistake::UnknownWord {
            key: self.key.to_owned(),
            word: word.to_owned(),
            known: known.to_vec(),
            nearest: nearest(word, known.iter().copied()),
        }))
    }

    /// `true`, the value of a step that has nothing to say.
    pub(crate) fn only_true(&self) -> Result<(), MistakeAt> {
        match self.value.get_ref() {
            DeValue::Boolean(true) => Ok(()),
            DeValue::Boolean(false) => Err(self.mistake(Mistake::Contradiction {
                what: format!("`{} = false` does nothing", self.key),
                advice: "leave the step out, or write `true`",
            })),
            _ => Err(self.wrong_type("true: the step has nothing else to say")),
        }
    }

    pub(crate) fn path(&self) -> Result<PathTemplate, MistakeAt> {
        let text = self.text("a path such as \"out/{flow}.txt\"")?;
        PathTemplate::new(text)
            .map_err(|reason| self.mistake(Mistake::Path { text: text.to_owned(), reason }))
    }

    /// What a stretch of bytes ends with.
    pub(crate) fn delimiter(&self) -> Result<&'a str, MistakeAt> {
        let delimiter = self.text("a delimiter such as \"\\r\\n\"")?;
        if (1..=DELIMITER_BYTES_MAX).contains(&delimiter.len()) {
            return Ok(delimiter);
        }
        Err(self.mistake(Mistake::OutOfRange {
            what: format!("the length of `{}` in bytes", self.key),
            value: delimiter.len().to_string(),
            least: "1".to_owned(),
            most: DELIMITER_BYTES_MAX.to_string(),
        }))
    }

    /// A whole number in a range.
    pub(crate) fn integer<N>(&self, least: N, most: N) -> Result<N, MistakeAt>
    where
        N: TryFrom<i128> + PartialOrd + ToString,
    {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return Err(self.wrong_type("a whole number"));
        };
        number(integer)
            .filter(|number| (&least..=&most).contains(&number))
            .ok_or_else(|| self.out_of_range(integer, least.to_string(), most.to_string()))
    }

    /// A size in bytes, as text with a unit or as a number.
    pub(crate) fn size(&self, least: u64, most: u64) -> Result<u64, MistakeAt> {
        self.size_or(least, most, size::EXPECTED)
    }

    /// A size in bytes, where something else would do as well.
    pub(crate) fn size_or(
        &self,
        least: u64,
        most: u64,
        expected: &'static str,
    ) -> Result<u64, MistakeAt> {
        let out_of_range =
            |value: String| self.out_of_range(value, size_text(least), size_text(most));
        let bytes = match self.value.get_ref() {
            DeValue::Integer(integer) => {
                number(integer).ok_or_else(|| out_of_range(integer.to_string()))?
            }
            _ => {
                let text = self.text(expected)?;
                parse_size(text).map_err(|reason| self.quantity(text, reason, expected))?
            }
        };
        if (least..=most).contains(&bytes) {
            Ok(bytes)
        } else {
            Err(out_of_range(size_text(bytes)))
        }
    }

    /// A duration, which is text with a unit.
    pub(crate) fn duration(&self) -> Result<Duration, MistakeAt> {
        let text = self.text(duration::EXPECTED)?;
        let duration = parse_duration(text)
            .map_err(|reason| self.quantity(text, reason, duration::EXPECTED))?;
        if duration <= DURATION_MAX {
            return Ok(duration);
        }
        let (least, most) = (duration_text(Duration::ZERO), duration_text(DURATION_MAX));
        Err(self.out_of_range(duration_text(duration), least, most))
    }

    /// A duration that is not nothing.
    pub(crate) fn duration_above_zero(&self) -> Result<Duration, MistakeAt> {
        let duration = self.duration()?;
        if !duration.is_zero() {
            return Ok(duration);
        }
        let (least, most) = (Duration::from_nanos(1), DURATION_MAX);
        Err(self.out_of_range(duration_text(duration), duration_text(least), duration_text(most)))
    }

    /// A whole URL.
    pub(crate) fn url(&self) -> Result<UrlTemplate, MistakeAt> {
        self.url_by(UrlTemplate::url, "a URL such as \"https://example.org/{flow}\"")
    }

    /// The path of a request.
    pub(crate) fn request_path(&self) -> Result<UrlTemplate, MistakeAt> {
        self.url_by(UrlTemplate::path, "the path of a request, such as \"/{flow}\"")
    }

    fn url_by(
        &self,
        check: fn(&str) -> Result<UrlTemplate, UrlMistake>,
        expected: &'static str,
    ) -> Result<UrlTemplate, MistakeAt> {
        let text = self.text(expected)?;
        check(text).map_err(|reason| {
            self.mistake(Mistake::Url { text: text.to_owned(), reason, expected })
        })
    }

    fn quantity(&self, text: &str, reason: QuantityError, expected: &'static str) -> MistakeAt {
        let (key, text) = (self.key.to_owned(), text.to_owned());
        self.mistake(Mistake::Quantity { key, text, reason, expected })
    }

    fn out_of_range(&self, value: impl ToString, least: String, most: String) -> MistakeAt {
        let (what, value) = (format!("`{}`", self.key), value.to_string());
        self.mistake(Mistake::OutOfRange { what, value, least, most })
    }

    fn wrong_type(&self, expected: &'static str) -> MistakeAt {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.mistake(Mistake::WrongType { key: self.key.to_owned(), expected, found })
    }
}

impl<'a> Fields<'a> {
    /// A document's own table, which has no key to stand under. Its keys are not checked.
    pub(crate) fn of_document(document: &'a Spanned<DeTable<'a>>) -> Self {
        // What is missing from a document is missing at its start.
        Self { place: "a plan".to_owned(), table: document.get_ref(), span: 0..0 }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(name, value)| Entry { key: name.get_ref(), value })
    }

    pub(crate) fn required(
        &self,
        key: &'static str,
        advice: &'static str,
    ) -> Result<Entry<'a>, MistakeAt> {
        self.get(key).ok_or_else(|| self.missing(key, advice))
    }

    pub(crate) fn missing(&self, key: &'static str, advice: &'static str) -> MistakeAt {
        let place = self.place.clone();
        Mistake::MissingKey { place, key, advice }.at(self.span.clone())
    }

    /// Refuses a key that means something only beside another, which is not there.
    pub(crate) fn only_with(&self, key: &str, other: &str) -> Result<(), MistakeAt> {
        match self.get(key) {
            None => Ok(()),
            Some(entry) => Err(entry.mistake(Mistake::Contradiction {
                what: format!("`{key}` goes with `{other}`, which is not here"),
                advice: "leave it out, or use the other form",
            })),
        }
    }

    /// A mistake for each key that is not a known one.
    pub(crate) fn unknown_keys(&self, known: &[&'static str]) -> Vec<MistakeAt> {
        let keys = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        keys.map(|key| {
            Mistake::UnknownKey {
                key: key.get_ref().to_string(),
                place: self.place.clone(),
                known: known.to_vec(),
                nearest: nearest(key.get_ref(), known.iter().copied()),
            }
            .at(key.span())
        })
        .collect()
    }
}

fn number<N: TryFrom<i128>>(integer: &DeInteger<'_>) -> Option<N> {
    let number = i128::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    N::try_from(number).ok()
}
