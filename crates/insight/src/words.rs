//! Numbers as sentences have them.
//!
//! Left out on purpose: tables, whose numbers the report formats.

/// A length of time, with as many digits as somebody reads: `3.2 s`, `41 ms`, `7 µs`.
pub(crate) fn time(length_ns: u64) -> String {
    let (number, unit) = match length_ns {
        1_000_000_000.. => (length_ns as f64 / 1e9, "s"),
        1_000_000.. => (length_ns as f64 / 1e6, "ms"),
        _ => (length_ns as f64 / 1e3, "µs"),
    };
    if number < 9.95 { format!("{number:.1} {unit}") } else { format!("{number:.0} {unit}") }
}

/// A share of 0 to 1: `95 %`. What is not all is never shown as all, and what is not nothing never
/// as nothing.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        hundredths if hundredths > 0.0 && hundredths < 0.5 => "under 1 %".to_owned(),
        hundredths if (99.5..100.0).contains(&hundredths) => "over 99 %".to_owned(),
        hundredths => format!("{hundredths:.0} %"),
    }
}

/// A number of things: `1 call`, `12,345 calls`, `2 processes`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    let ending = match number {
        1 => "",
        _ if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", grouped(number))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{count, percent, time};

    #[test]
    fn times_have_the_digits_that_somebody_reads() {
        for (length_ns, shown) in [
            (0, "0.0 µs"),
            (7_000, "7.0 µs"),
            (41_300_000, "41 ms"),
            (3_240_000_000, "3.2 s"),
            (9_960_000_000, "10 s"),
        ] {
            assert_eq!(time(length_ns), shown);
        }
    }

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        for (share, shown) in [
            (0.0, "0 %"),
            (0.001, "under 1 %"),
            (0.95, "95 %"),
            (0.999, "over 99 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), shown);
        }
    }

    #[test]
    fn counts_agree_in_number() {
        assert_eq!(count(1, "call"), "1 call");
        assert_eq!(count(1_234_567, "call"), "1,234,567 calls");
        assert_eq!(count(0, "process"), "0 processes");
    }
}
