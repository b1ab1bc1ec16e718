//! The figures as text: a section per column, all medians in one table, then the targets.
//!
//! A ratio is the median of the ratios of each round, as two contestants of one round saw the
//! same machine. Left out on purpose: colour, and any order but that of the contestants' lists.

use std::fmt::Write;

use crate::builds::{in_new_build, in_old_build};
use crate::column::{Column, Row};
use crate::cpus::Nearness;
use crate::targets::{Promise, TARGETS, Target, reference};

/// The sections, the table and the targets; a failed contestant is in its sections.
pub(crate) fn render(columns: &[Column]) -> String {
    let mut text: String = columns.iter().map(section).collect();
    text += &medians(columns);
    text += &by_old_build(columns);
    text += "\nTargets\n";
    let pairs =
        TARGETS.iter().flat_map(|target| columns.iter().map(move |column| (target, column)));
    for (target, column) in pairs.filter(|(target, column)| target.is_about(&column.heading.title))
    {
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
    let heading = &column.heading;
    let mut text = format!("\n{}: {}, {}", heading.title, heading.about, heading.unit);
    let state = column.prevailing();
    if let Some(state) = state {
        let (alike, all) = column.count(state);
        let _ = write!(text, "; {alike} of {all} samples saw {} CPUs", state.name());
    }
    let [name, median, min, max] = ["contestant", "median", "min", "max"];
    let _ = writeln!(text, "\n  {name:22} {median:>9} {min:>9} {max:>9}  ratio  to");
    for row in &column.rows {
        text += &line(column, row, state);
    }
    text
}

fn line(column: &Column, row: &Row, state: Option<Nearness>) -> String {
    let name = &row.name;
    if let Some(failure) = &row.failure {
        return format!("  {name:22} failed: {failure}\n");
    }
    let Some(spread) = row.spread(state) else {
        return format!("  {name:22} {:>9} saw other CPUs in every round\n", "-");
    };
    let [min, median, max] = [spread.min, spread.median, spread.max].map(shown);
    let mut text = format!("  {name:22} {median:>9} {min:>9} {max:>9}");
    if let Some(other) = reference(&column.heading.title, name)
        && let Some(ratios) = column.ratios(name, &[other])
    {
        let _ = write!(text, " {:6.2}  {other}", ratios.median);
    }
    text + "\n"
}

/// All medians, a line per contestant and a field per column; a dash is no figure.
fn medians(columns: &[Column]) -> String {
    let mut text = String::from("\nmedians\n  contestant            ");
    for Column { heading, .. } in columns {
        let _ = write!(text, " {:>width$}", heading.title, width = width(&heading.title));
    }
    let _ = write!(text, "\n  {:22}", "");
    for Column { heading, .. } in columns {
        let _ = write!(text, " {:>width$}", heading.unit, width = width(&heading.title));
    }
    for name in names(columns) {
        let _ = write!(text, "\n  {name:22}");
        for column in columns {
            let spread = column.row(name).and_then(|row| row.spread(column.prevailing()));
            let median = spread.map_or_else(|| "-".into(), |spread| shown(spread.median));
            let _ = write!(text, " {median:>width$}", width = width(&column.heading.title));
        }
    }
    text + "\n"
}

/// Each of whywait's figures divided by the older build's of the same round; empty without one.
fn by_old_build(columns: &[Column]) -> String {
    let mut text = String::new();
    for column in columns {
        for Row { name, .. } in &column.rows {
            let old = in_old_build(name);
            if let Some(ratios) = old.and_then(|old| column.ratios(name, &[&old])) {
                let [min, median, max] = [ratios.min, ratios.median, ratios.max];
                let title = &column.heading.title;
                let _ = writeln!(text, "  {title:18} {name:22} {median:7.3} {min:9.3} {max:9.3}");
            }
        }
    }
    if text.is_empty() {
        return text;
    }
    let [name, median, min, max] = ["contestant", "median", "min", "max"];
    format!("\nnew / old\n  {:18} {name:22} {median:>7} {min:>9} {max:>9}\n{text}", "")
}

/// Everybody in some column: the columns' orders, references first and whywait last.
fn names(columns: &[Column]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in columns.iter().flat_map(|column| &column.rows) {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    let group = |name: &&str| match name {
        name if name.starts_with("raw") || name.starts_with("std") => 0,
        name if name.starts_with("whywait") || in_new_build(name).is_some() => 2,
        _ => 1,
    };
    names.sort_by_key(group);
    names
}

fn width(title: &str) -> usize {
    title.len().max(7)
}

/// Three digits at least, and no more after the point than there is to say.
fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        small if small < 10.0 => 2,
        middle if middle < 1000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

fn verdict(target: &Target, column: &Column) -> String {
    let Target { contestant, promise, .. } = target;
    let (said, measured) = match *promise {
        Promise::AtMostTimes(most, references) => (
            format!("at most {most:.2} x {}", references.join("|")),
            column
                .ratios(contestant, references)
                .map(|ratios| (ratios.median, ratios.median <= most)),
        ),
        Promise::AtLeastTimes(least, references) => (
            format!("at least {least:.2} x {}", references.join("|")),
            column
                .ratios(contestant, references)
                .map(|ratios| (ratios.median, ratios.median >= least)),
        ),
        Promise::Below(references) => (
            format!("below {}", references.join("|")),
            column
                .ratios(contestant, references)
                .map(|ratios| (ratios.median, ratios.median < 1.0)),
        ),
        Promise::AtMost(most) => (
            format!("at most {most} {}", column.heading.unit),
            column
                .row(contestant)
                .and_then(|row| row.spread(column.prevailing()))
                .map(|spread| (spread.median, spread.median <= most)),
        ),
        Promise::AtLeast(least) => (
            format!("at least {least} {}", column.heading.unit),
            column
                .row(contestant)
                .and_then(|row| row.spread(column.prevailing()))
                .map(|spread| (spread.median, spread.median >= least)),
        ),
    };
    let measured = match measured {
        Some((value, true)) => format!("{} met", shown(value)),
        Some((value, false)) => format!("{} MISSED", shown(value)),
        None => "not measured".to_owned(),
    };
    format!("  {:18} {contestant:22} {said}: {measured}\n", column.heading.title)
}

#[cfg(test)]
mod tests {
    use super::{busy, by_old_build, names, shown};
    use crate::column::{Column, Figure, Heading, Row};

    #[test]
    fn a_busy_machine_is_named() {
        assert_eq!(busy(0.02), "");
        assert!(busy(0.5).contains("others used 50 %"));
    }

    #[test]
    fn figures_have_three_digits_at_least() {
        assert_eq!([shown(4.126), shown(52.96), shown(12345.6)], ["4.13", "53.0", "12346"]);
    }

    #[test]
    fn a_new_build_is_divided_by_the_old_one_of_the_same_round() {
        let row = |name: &str, values: &[f64]| {
            let figures = values.iter().map(|&value| Figure { value, nearness: None }).collect();
            Row { name: name.into(), figures, failure: None }
        };
        let mut column = Column {
            heading: Heading { title: "instructions 1".into(), unit: "", about: "" },
            rows: vec![row("whywait epoll", &[3.0, 5.0])],
        };
        assert_eq!(by_old_build(std::slice::from_ref(&column)), "");
        column.rows.push(row("old epoll", &[2.0, 4.0]));
        let text = by_old_build(&[column]);
        assert!(text.contains("whywait epoll            1.500     1.250     1.500"), "{text}");
    }

    #[test]
    fn whywait_comes_last() {
        let row = |name: &str| Row { name: name.into(), figures: Vec::new(), failure: None };
        let column = |names: &[&str]| Column {
            heading: Heading { title: "echo 50".into(), unit: "µs", about: "" },
            rows: names.iter().map(|name| row(name)).collect(),
        };
        let columns = [column(&["raw-1", "whywait epoll"]), column(&["tokio", "raw-uring"])];
        assert_eq!(names(&columns), ["raw-1", "raw-uring", "tokio", "whywait epoll"]);
    }
}
