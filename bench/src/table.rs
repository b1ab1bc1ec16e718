//! The figures as text: a section per work and filesystem, then the targets.
//!
//! A ratio is the median of the ratios of each round, as two contestants of one round saw the
//! same machine. Left out on purpose: colour, and any order but that of the contestants' list.

use std::fmt::Write;

use crate::column::{Column, Row};
use crate::targets::{TARGETS, Target, reference};

/// The sections and the targets.
pub(crate) fn render(columns: &[Column]) -> String {
    let mut text = String::new();
    for column in columns {
        text += &section(column);
    }
    text += "\nTargets\n";
    let pairs =
        TARGETS.iter().flat_map(|target| columns.iter().map(move |column| (target, column)));
    for (target, column) in pairs.filter(|(target, column)| target.work == column.work) {
        text += &verdict(target, column);
    }
    text
}

/// The warning of a machine on which others used `share` of the CPU time, if it needs one.
pub(crate) fn busy(share: f64) -> String {
    if share <= QUIET {
        return String::new();
    }
    let percent = share * 100.0;
    format!(
        "warning: others used {percent:.0} % of the CPU time during the samples; a ratio between \
         one thread and two means little: measure again on a quiet machine\n"
    )
}

/// Others may use so much of the CPU time before the table warns; the kernel's own threads, which
/// write to the disk, count as others.
const QUIET: f64 = 0.10;

fn section(column: &Column) -> String {
    let mut text = format!("\n{} {}\n", column.work.name(), column.filesystem);
    let [name, median, min, max] = ["contestant", "median", "min", "max"];
    let _ = writeln!(text, "  {name:22} {median:>8} {min:>8} {max:>8}  ratio  to");
    for row in &column.rows {
        let name = &row.name;
        if let Some(failure) = &row.failure {
            let _ = writeln!(text, "  {name:22} failed: {failure}");
            continue;
        }
        let [min, median, max] = spread(&row.walls_s).map(|wall_s| wall_s * 1e3);
        let _ = write!(text, "  {name:22} {median:8.1} {min:8.1} {max:8.1}");
        let other = reference(column.work, name);
        let _ = match ratio(column, name, &[other]) {
            Some(ratio) => writeln!(text, " {ratio:6.2}  {other}"),
            None => writeln!(text),
        };
    }
    text
}

fn verdict(target: &Target, column: &Column) -> String {
    let Target { contestant, references, at_most, .. } = target;
    let measured = match ratio(column, contestant, references) {
        Some(ratio) if ratio <= *at_most => format!("{ratio:.2} met"),
        Some(ratio) => format!("{ratio:.2} MISSED"),
        None => "not measured".to_owned(),
    };
    let place = format!("{} {}", column.work.name(), column.filesystem);
    let of = references.join("|");
    format!("  {place:13} {contestant:22} at most {at_most:.2} x {of}: {measured}\n")
}

/// The median over the rounds of `name`'s wall time divided by that of the fastest reference.
fn ratio(column: &Column, name: &str, references: &[&str]) -> Option<f64> {
    let row = |name: &str| {
        let found = column.rows.iter().find(|row: &&Row| row.name == name);
        found.filter(|row| row.failure.is_none() && !row.walls_s.is_empty())
    };
    let own = row(name)?;
    let others: Vec<&Row> = references.iter().filter_map(|name| row(name)).collect();
    let best = |round: usize| others.iter().map(|row| row.walls_s[round]).reduce(f64::min);
    let ratios = own.walls_s.iter().enumerate();
    let ratios: Option<Vec<f64>> =
        ratios.map(|(round, wall_s)| Some(wall_s / best(round)?)).collect();
    ratios.map(|ratios| spread(&ratios)[1])
}

/// Least, median and greatest; of an even number the upper of the two in the middle.
fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    [at(0), at(sorted.len() / 2), at(sorted.len().saturating_sub(1))]
}

#[cfg(test)]
mod tests {
    use super::{busy, spread};

    #[test]
    fn a_busy_machine_is_named() {
        assert_eq!(busy(0.02), "");
        assert!(busy(0.5).contains("others used 50 %"));
    }

    #[test]
    fn spread_is_least_median_and_greatest() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), [1.0, 2.0, 3.0]);
        assert_eq!(spread(&[4.0, 1.0]), [1.0, 4.0, 4.0]);
        assert!(spread(&[])[1].is_nan());
    }
}
