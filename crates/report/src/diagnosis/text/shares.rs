//! Where time went, as a list of shares.
//!
//! Left out on purpose: shares that round to nothing.

use crate::LedgerSeconds;
use crate::quantity::Percent;

/// The least share that is shown: what rounds to 1 %.
const LEAST: f64 = 0.005;

/// The greatest parts of a ledger as shares of all of it, the greatest first, so many at most.
pub(super) fn shares(ledger_s: &LedgerSeconds, most: usize) -> String {
    let total_s = ledger_s.total();
    let mut parts = ledger_s.parts().map(|(name, seconds)| (name, seconds / total_s));
    parts.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let shown = parts.iter().filter(|(_, share)| *share >= LEAST).take(most);
    let spinning = ledger_s.spinning / total_s;
    let texts = shown.map(|(name, share)| match *name {
        "cpu" if spinning >= LEAST => {
            format!("cpu {} (spinning {})", Percent(*share), Percent(spinning))
        }
        name => format!("{name} {}", Percent(*share)),
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::shares;
    use crate::LedgerSeconds;

    #[test]
    fn the_greatest_come_first() {
        let ledger_s = LedgerSeconds {
            cpu_user: 0.7,
            cpu_kernel: 0.5,
            runnable: 0.3,
            data: 8.48,
            lock: 0.02,
            ..LedgerSeconds::default()
        };
        assert_eq!(shares(&ledger_s, 9), "data 85 %, cpu 12 %, runnable 3 %");
        assert_eq!(shares(&ledger_s, 1), "data 85 %");
    }

    #[test]
    fn spinning_is_a_part_of_the_cpu() {
        let ledger_s = LedgerSeconds { cpu_user: 1.0, spinning: 0.97, ..LedgerSeconds::default() };
        assert_eq!(shares(&ledger_s, 9), "cpu 100 % (spinning 97 %)");
    }

    #[test]
    fn no_time_has_no_shares() {
        assert_eq!(shares(&LedgerSeconds::default(), 9), "");
    }
}
