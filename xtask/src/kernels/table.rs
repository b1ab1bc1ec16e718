//! The table of steps and kernels.

use std::fmt::Write as _;

use super::Report;
use super::outcome::Verdict;

/// A line for each step and a column for each kernel.
pub(super) fn of(reports: &[Report]) -> String {
    let Some(first) = reports.first() else { return String::new() };
    let names = first.outcomes.iter().map(|outcome| outcome.step.name);
    let width = names.map(str::len).max().unwrap_or(0).max("step".len());
    let mut table = format!("{:width$}", "step");
    for report in reports {
        let _ = write!(table, "  {:24}", report.kernel);
    }
    for (index, outcome) in first.outcomes.iter().enumerate() {
        let _ = write!(table, "\n{:width$}", outcome.step.name);
        for report in reports {
            let _ = write!(table, "  {:24}", words(report.outcomes[index].verdict));
        }
    }
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// A verdict in a few words.
pub(super) fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Passed { seconds } => format!("passed {seconds:7.1} s"),
        Verdict::Failed { code, seconds } => format!("FAILED {seconds:7.1} s, code {code}"),
        Verdict::TooFewTests => "FAILED: a test did not run".to_owned(),
        Verdict::Unfinished => "FAILED: did not end".to_owned(),
        Verdict::NotReached => "FAILED: did not start".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::kernels::Report;
    use crate::kernels::outcome::Outcome;
    use crate::kernels::step::STEPS;

    #[test]
    fn every_step_is_a_line_with_a_cell_for_each_kernel() {
        let steps: Vec<_> = STEPS.iter().collect();
        let written = "@kernels begin killed 1\n@kernels end killed 9 3\n";
        let report = |kernel: &str| Report {
            kernel: kernel.to_owned(),
            outcomes: Outcome::all(&steps, written),
        };
        let table = of(&[report("6.1.0-57-cloud-amd64"), report("6.12.117+deb12-amd64")]);
        let killed = table.lines().find(|line| line.starts_with("killed")).expect("a line");
        assert_eq!(killed.matches("FAILED     2.0 s, code 9").count(), 2, "{killed}");
        assert_eq!(table.lines().count(), STEPS.len() + 1);
    }
}
