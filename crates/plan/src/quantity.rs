//! Numbers with a unit: the grammar that sizes and durations share.
//!
//! A quantity is decimal digits, perhaps a point and more digits, perhaps spaces, and a unit.
//! The arithmetic is exact: `"1.5 KiB"` is 1536 bytes and `"0.3 B"` is an error, never rounded.

use crate::nearest::nearest;

/// A unit's spelling, and how many of the smallest unit it is.
pub(crate) type Unit = (&'static str, u64);

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// There is no number at the start.
    #[error("it does not start with a number")]
    NoNumber,
    /// The number stands alone, and what it counts cannot be guessed.
    #[error("it has no unit")]
    NoUnit,
    /// No unit is spelled so.
    #[error("`{unit}` is not a unit{}", did_you_mean(.nearest))]
    UnknownUnit {
        /// What stands where the unit should be.
        unit: String,
        /// The unit that was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// It is not a whole number of the smallest unit.
    #[error("it is not a whole number of {smallest}")]
    NotWhole {
        /// The smallest unit, in words.
        smallest: &'static str,
    },
    /// It does not fit in 64 bits of the smallest unit.
    #[error("it is too large")]
    TooLarge,
}

/// Reads a quantity, in the smallest unit.
///
/// `bare` is the factor of a number without a unit; `None` makes that an error.
pub(crate) fn parse_quantity(
    text: &str,
    units: &'static [Unit],
    bare: Option<u64>,
    smallest: &'static str,
) -> Result<u64, QuantityError> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let factor = match units.iter().find(|(name, _)| *name == unit) {
        _ if number.is_empty() => return Err(QuantityError::NoNumber),
        Some((_, factor)) => *factor,
        None if unit.is_empty() => bare.ok_or(QuantityError::NoUnit)?,
        None => return Err(unknown_unit(unit, units)),
    };
    exact_product(number, factor, smallest)
}

/// Writes a quantity in the largest unit of which it is a whole number.
///
/// Where two units have the same factor the first in the table is used.
pub(crate) fn quantity_text(value: u64, units: &'static [Unit]) -> Option<String> {
    let (name, factor) = units
        .iter()
        .filter(|(_, factor)| value != 0 && value.is_multiple_of(*factor))
        .rev()
        .max_by_key(|(_, factor)| *factor)?;
    Some(format!("{} {name}", value / factor))
}

fn exact_product(number: &str, factor: u64, smallest: &'static str) -> Result<u64, QuantityError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(QuantityError::NoNumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let whole: u64 = whole.parse().map_err(|_| QuantityError::TooLarge)?;
    // Twelve places are more than any unit can use, and keep the product within 128 bits.
    if fraction.len() > 12 {
        return Err(QuantityError::NotWhole { smallest });
    }
    let places = fraction.bytes().fold(1_u128, |places, _| places * 10);
    let fraction = fraction.bytes().fold(0_u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    let scaled = fraction * u128::from(factor);
    if !scaled.is_multiple_of(places) {
        return Err(QuantityError::NotWhole { smallest });
    }
    let total = u128::from(whole) * u128::from(factor) + scaled / places;
    u64::try_from(total).map_err(|_| QuantityError::TooLarge)
}

fn unknown_unit(unit: &str, units: &'static [Unit]) -> QuantityError {
    let nearest = nearest(unit, units.iter().map(|(name, _)| *name));
    QuantityError::UnknownUnit { unit: unit.to_owned(), nearest }
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
