//! Numbers as people read them: three digits and a unit.
//!
//! Left out on purpose: the JSON document, which has every number in full.

use std::fmt;

use crate::Spread;

/// A time: `79.0 ms`.
pub(crate) struct Seconds(pub(crate) f64);

/// A size in binary units: `14.5 MiB`.
pub(crate) struct Bytes(pub(crate) f64);

/// A number of things: `12.3k`.
pub(crate) struct Count(pub(crate) f64);

/// How many times as much one number is as another: `1.70 ×`.
pub(crate) struct Factor(pub(crate) f64);

/// A share of a whole: `62 %`.
pub(crate) struct Percent(pub(crate) f64);

/// A share that is an estimate, to a twentieth: `~60 %`.
pub(crate) struct Estimate(pub(crate) f64);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(out, self.0 * 1e9, 1000.0, &[" ns", " µs", " ms", " s"])
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(out, self.0, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"])
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fract() == 0.0 && self.0 < 1000.0 {
            return write!(out, "{}", self.0);
        }
        scaled(out, self.0, 1000.0, &["", "k", "M", "G"])
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ×", three_digits(self.0))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.0} %", self.0 * 100.0)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "~{}", Percent((self.0 * 20.0).round() / 20.0))
    }
}

/// So many things of that name: `1 flow`, `2 flows`.
pub(crate) fn several(count: u64, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// Names as a sentence lists them: `a, b and c`.
pub(crate) fn models(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<_> = names.into_iter().collect();
    match (names.pop(), names.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
    }
}

/// Times that are meant to be the same as a sentence has them: `300 ms` where they read the same,
/// `about 301 ms` (the median) where they lie within a tenth, and else `280 ms to 450 ms`.
pub(crate) fn roughly(times_s: impl IntoIterator<Item = f64>) -> String {
    /// Of the least, by which the greatest may exceed it.
    const NEAR: f64 = 1.1;
    let times_s: Vec<_> = times_s.into_iter().collect();
    let Some(Spread { median, min, max }) = Spread::of(&times_s) else { return String::new() };
    let [median_text, min_text, max_text] = [median, min, max].map(|s| Seconds(s).to_string());
    if min_text == max_text {
        median_text
    } else if max <= NEAR * min {
        format!("about {median_text}")
    } else {
        format!("{min_text} to {max_text}")
    }
}

/// Writes a value in the largest unit that leaves at least one before the point.
fn scaled(out: &mut fmt::Formatter<'_>, mut value: f64, step: f64, units: &[&str]) -> fmt::Result {
    if value == 0.0 {
        return out.write_str("0");
    }
    let mut units = units.iter().peekable();
    while let Some(unit) = units.next() {
        // Rounded first: 999.9 µs is 1.00 ms.
        if value.round() < step || units.peek().is_none() {
            return write!(out, "{}{unit}", three_digits(value));
        }
        value /= step;
    }
    Ok(())
}

/// A number with three digits that mean something, or all that stand before its point.
fn three_digits(value: f64) -> String {
    let decimals = [(9.995, 2), (99.95, 1)].iter().find(|(limit, _)| value < *limit);
    format!("{value:.*}", decimals.map_or(0, |(_, decimals)| *decimals))
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Count, Estimate, Factor, Percent, Seconds, models, roughly};

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let texts = [0.0, 5e-8, 1.234e-6, 0.0790, 0.134, 0.99951, 1.2345, 89.8, 743.2];
        let expected =
            ["0", "50.0 ns", "1.23 µs", "79.0 ms", "134 ms", "1.00 s", "1.23 s", "89.8 s", "743 s"];
        assert_eq!(texts.map(|value| Seconds(value).to_string()), expected);
    }

    #[test]
    fn sizes_are_in_binary_units() {
        let sizes = [0.0, 512.0, 1536.0, 15_204_352.0, 3.0 * 1024.0_f64.powi(3)];
        let expected = ["0", "512 B", "1.50 KiB", "14.5 MiB", "3.00 GiB"];
        assert_eq!(sizes.map(|value| Bytes(value).to_string()), expected);
    }

    #[test]
    fn counts_are_whole_below_a_thousand() {
        let counts = [0.0, 7.0, 7.5, 999.0, 12_345.0, 999_999.0, 2_500_000.0];
        let expected = ["0", "7", "7.50", "999", "12.3k", "1.00M", "2.50M"];
        assert_eq!(counts.map(|value| Count(value).to_string()), expected);
    }

    #[test]
    fn times_that_are_near_each_other_are_one() {
        assert_eq!(roughly([0.3, 0.3001]), "300 ms");
        assert_eq!(roughly([0.3, 0.31, 0.302]), "about 302 ms");
        assert_eq!(roughly([0.28, 0.45]), "280 ms to 450 ms");
        assert_eq!(roughly([]), "");
    }

    #[test]
    fn factors_shares_and_lists() {
        assert_eq!(Factor(1.7).to_string(), "1.70 ×");
        assert_eq!(Factor(9.999).to_string(), "10.0 ×");
        assert_eq!(Percent(0.618).to_string(), "62 %");
        assert_eq!(
            [0.0, 0.618, 0.99].map(|share| Estimate(share).to_string()),
            ["~0 %", "~60 %", "~100 %"]
        );
        assert_eq!(models([]), "");
        assert_eq!(models(["a".into()]), "a");
        assert_eq!(models(["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
