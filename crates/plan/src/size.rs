//! Sizes in bytes, as people write them: `"10 KiB"`.

use crate::QuantityError;
use crate::quantity::{Unit, parse_quantity, quantity_text};

/// Reads a size in bytes.
///
/// Units are B, KB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (powers of 1024), in this
/// spelling; a number alone is bytes.
///
/// # Errors
/// When there is no number, the unit is unknown, or the size is not a whole number of bytes that
/// fits in 64 bits.
pub fn parse_size(text: &str) -> Result<u64, QuantityError> {
    parse_quantity(text, UNITS, Some(1), "bytes")
}

/// The shortest exact spelling of a size; [`parse_size`] reads it back.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    quantity_text(bytes, UNITS).unwrap_or_else(|| "0 B".to_owned())
}

/// What a message says was expected.
pub(crate) const EXPECTED: &str =
    "a size such as \"10 KiB\", \"1 MB\" or 512 (units: B, KB, MB, GB, KiB, MiB, GiB)";

const UNITS: &[Unit] = &[
    ("B", 1),
    ("KB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, bytes) in [
            ("512", 512),
            ("0", 0),
            ("10 KiB", 10_240),
            ("10KiB", 10_240),
            (" 1 MB ", 1_000_000),
            ("1.5 KiB", 1536),
            ("0.5 KiB", 512),
            ("1.10 KB", 1100),
            ("16777215 TiB", 16_777_215 << 40),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        let not_whole = || QuantityError::NotWhole { smallest: "bytes" };
        let unknown =
            |unit: &str, nearest| QuantityError::UnknownUnit { unit: unit.to_owned(), nearest };
        for (text, error) in [
            ("", QuantityError::NoNumber),
            ("KiB", QuantityError::NoNumber),
            ("-1", QuantityError::NoNumber),
            ("1.", QuantityError::NoNumber),
            (".5 KiB", QuantityError::NoNumber),
            ("1.2.3 KiB", QuantityError::NoNumber),
            ("0.3 B", not_whole()),
            ("0.0000000000001 TiB", not_whole()),
            ("1 kib", unknown("kib", Some("KiB"))),
            ("1 KiBs", unknown("KiBs", Some("KiB"))),
            ("1 furlong", unknown("furlong", None)),
            ("1e3", unknown("e3", None)),
            ("99999999999999999999999", QuantityError::TooLarge),
            ("16777216 TiB", QuantityError::TooLarge),
        ] {
            assert_eq!(parse_size(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes: u64) {
            prop_assert_eq!(parse_size(&size_text(bytes)), Ok(bytes));
        }

        #[test]
        fn whole_units_read_back(count in 0_u64..1000, unit in 0..UNITS.len()) {
            let (name, factor) = UNITS[unit];
            prop_assert_eq!(parse_size(&format!("{count} {name}")), Ok(count * factor));
            prop_assert_eq!(parse_size(&size_text(count * factor)), Ok(count * factor));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse_size(&text);
        }

        #[test]
        fn nothing_like_a_size_makes_it_panic(text in "[0-9.]{0,40} ?[KMGTiB]{0,3}") {
            let _ = parse_size(&text);
        }
    }
}
