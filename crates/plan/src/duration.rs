//! Durations, as people write them: `"5 ms"`.

use std::time::Duration;

use crate::QuantityError;
use crate::quantity::{Unit, parse_quantity, quantity_text};

/// Reads a duration.
///
/// Units are ns, us (or µs), ms, s, min and h. There is no default unit: a bare number is
/// seconds to one reader and milliseconds to the next.
///
/// # Errors
/// When there is no number or no unit, the unit is unknown, or the duration is not a whole
/// number of nanoseconds that fits in 64 bits (584 years).
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    parse_quantity(text, UNITS, None, "nanoseconds").map(Duration::from_nanos)
}

/// The shortest exact spelling of a duration; [`parse_duration`] reads it back.
///
/// Durations above 584 years are written as 584 years.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    quantity_text(nanoseconds, UNITS).unwrap_or_else(|| "0 s".to_owned())
}

/// What a message says was expected.
pub(crate) const EXPECTED: &str =
    "a duration such as \"5 ms\" or \"1.5 s\" (units: ns, us, ms, s, min, h)";

const UNITS: &[Unit] = &[
    ("ns", 1),
    ("us", 1000),
    ("µs", 1000),
    ("μs", 1000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, duration) in [
            ("5 ms", Duration::from_millis(5)),
            ("5ms", Duration::from_millis(5)),
            ("1 s", Duration::from_secs(1)),
            ("250 us", Duration::from_micros(250)),
            ("250 µs", Duration::from_micros(250)),
            ("250 μs", Duration::from_micros(250)),
            ("2 min", Duration::from_secs(120)),
            ("1.5 s", Duration::from_millis(1500)),
            ("0.25 h", Duration::from_secs(900)),
            ("0 s", Duration::ZERO),
        ] {
            assert_eq!(parse_duration(text), Ok(duration), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        let not_whole = || QuantityError::NotWhole { smallest: "nanoseconds" };
        let unknown =
            |unit: &str, nearest| QuantityError::UnknownUnit { unit: unit.to_owned(), nearest };
        for (text, error) in [
            ("", QuantityError::NoNumber),
            ("5", QuantityError::NoUnit),
            ("-5 ms", QuantityError::NoNumber),
            ("0.5 ns", not_whole()),
            ("5 MS", unknown("MS", Some("ms"))),
            ("5 mins", unknown("mins", Some("min"))),
            ("1 day", unknown("day", None)),
            ("1 min 5 s", unknown("min 5 s", None)),
            ("99999999999 h", QuantityError::TooLarge),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_ascii_spelling_is_written() {
        assert_eq!(duration_text(Duration::from_micros(7)), "7 us");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(nanoseconds: u64) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        }

        #[test]
        fn round_durations_read_back(count in 0_u64..1000, unit in 0..UNITS.len()) {
            let (name, factor) = UNITS[unit];
            let duration = Duration::from_nanos(count * factor);
            prop_assert_eq!(parse_duration(&format!("{count} {name}")), Ok(duration));
            prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse_duration(&text);
        }
    }
}
