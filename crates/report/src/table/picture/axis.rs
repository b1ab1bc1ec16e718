//! The time axis under the lanes.
//!
//! Left out on purpose: axes that do not begin at 0; every run's lanes begin at its first submit.

use crate::paragraph::width;

/// Free columns between a label and the next tick, at least.
const GAP: usize = 2;

/// Time in cells of equal length.
#[derive(Debug)]
pub(super) struct Axis {
    span_s: f64,
    cells: usize,
}

impl Axis {
    /// An axis from 0 to the end of the longest lane.
    pub(super) fn new(span_s: f64, cells: usize) -> Self {
        Self { span_s, cells }
    }

    /// Seconds of one cell.
    pub(super) fn cell_s(&self) -> f64 {
        // Where all happened at the same moment, one cell holds it, however long it is.
        if self.span_s > 0.0 { self.span_s / self.cells as f64 } else { 1.0 }
    }

    /// The cell in which a time lies.
    pub(super) fn cell(&self, at_s: f64) -> usize {
        ((at_s / self.cell_s()) as usize).min(self.cells - 1)
    }

    /// The last cell of what ends at a time, and begins in an earlier cell or this one.
    pub(super) fn last_cell(&self, to_s: f64) -> usize {
        ((to_s / self.cell_s()).ceil() as usize).saturating_sub(1).min(self.cells - 1)
    }

    /// Ticks with their times: as many as fit.
    pub(super) fn line(&self) -> String {
        let (unit_s, unit) = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")]
            .into_iter()
            .find(|(unit_s, _)| self.span_s >= *unit_s)
            .unwrap_or((1e-9, "ns"));
        let step = self.step(unit_s, unit);
        let mut line = label(0.0, unit);
        for tick in 1.. {
            let at = f64::from(tick) * step;
            let place = (at * unit_s / self.cell_s()).round() as usize;
            let label = label(at, unit);
            if place.saturating_add(width(&label)) > self.cells {
                break;
            }
            line.push_str(&" ".repeat(place.saturating_sub(width(&line))));
            line.push_str(&label);
        }
        line
    }

    /// The least step of 1, 2 or 5 times a power of ten, in a unit, whose labels do not touch.
    fn step(&self, unit_s: f64, unit: &str) -> f64 {
        let fits = |step: &f64| {
            let last = label((self.span_s / unit_s / step).floor() * step, unit);
            let longest = width(&last).max(width(&label(*step, unit)));
            step * unit_s / self.cell_s() >= (longest + GAP) as f64
        };
        let steps =
            (-3..10).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        steps.into_iter().find(fits).unwrap_or(f64::INFINITY)
    }
}

/// A tick and its time.
fn label(at: f64, unit: &str) -> String {
    // Steps have three decimals at most; what adding them up leaves behind those is rounded away.
    let number = (at * 1000.0).round() / 1000.0;
    if number == 0.0 { "└0".into() } else { format!("└{number} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::Axis;
    use crate::paragraph::width;

    #[test]
    fn ticks_stand_where_their_times_are() {
        let axis = Axis::new(3.0, 60);
        assert_eq!(axis.line(), "└0        └0.5 s    └1 s      └1.5 s    └2 s      └2.5 s");
        let place = axis.line().chars().take_while(|c| *c != '1').count() - 1;
        assert_eq!(axis.cell(1.0), place);
    }

    #[test]
    fn any_span_has_an_axis_that_fits() {
        for span_s in [0.0, 3e-9, 7.7e-6, 0.000_999, 0.31, 1.0, 59.0, 86_400.0] {
            for cells in [1, 5, 36, 75, 196] {
                let line = Axis::new(span_s, cells).line();
                assert!(line.starts_with("└0"), "{span_s} s in {cells}: {line}");
                assert!(width(&line) <= cells.max(2), "{span_s} s in {cells}: {line}");
            }
        }
    }

    #[test]
    fn cells_cover_the_span() {
        let axis = Axis::new(1.0, 10);
        assert_eq!((axis.cell(0.0), axis.cell(0.99), axis.cell(1.0)), (0, 9, 9));
        assert_eq!((axis.last_cell(0.0), axis.last_cell(0.25), axis.last_cell(1.0)), (0, 2, 9));
        assert_eq!(Axis::new(0.0, 10).cell(0.0), 0);
    }
}
