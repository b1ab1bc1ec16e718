//! One time against another.
//!
//! Left out on purpose: tests of significance, for which three repeats are too few.

use crate::Spread;
use crate::quantity::Factor;

/// What one run took in terms of another: a phrase that goes between "it" and the other's name.
pub(super) fn took(wall: Spread, other: Spread) -> String {
    if wall.overlaps(&other) || other.median <= 0.0 {
        "took the same time, within the spread, as".into()
    } else {
        format!("took {} the time of", Factor(wall.median / other.median))
    }
}

#[cfg(test)]
mod tests {
    use super::took;
    use crate::Spread;

    #[test]
    fn a_difference_within_the_spread_is_none() {
        let fast = Spread { median: 1.0, min: 0.9, max: 1.2 };
        let near = Spread { median: 1.3, min: 1.1, max: 1.4 };
        let slow = Spread { median: 2.0, min: 1.9, max: 2.1 };
        assert_eq!(took(near, fast), "took the same time, within the spread, as");
        assert_eq!(took(slow, fast), "took 2.00 × the time of");
        assert_eq!(took(fast, slow), "took 0.50 × the time of");
    }
}
