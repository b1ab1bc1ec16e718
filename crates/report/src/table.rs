//! The format `table`: for people, on a terminal.
//!
//! The numbers come first and the verdict last, where the eye is when a long command ends. The
//! fastest model stands on top, whatever the order in which the models ran.
//!
//! Left out on purpose: the environment. Whether there is a terminal, how wide it is and whether
//! it wants colour is the caller's to find out.

mod columns;
mod grid;
mod picture;

use std::io;

use crate::page::{Page, Role};
use crate::paragraph::Paragraph;
use crate::quantity::several;
use crate::{Appearance, Comparison, Place, Run, Status};

use grid::Grid;

/// Writes the heading, the table, what must be said about single models, the legend, the order of
/// events where it was recorded, the verdict and the warnings.
pub(crate) fn render(
    comparison: &Comparison,
    appearance: Appearance,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(appearance);
    page.text(Role::Plain, &plan_line(comparison));
    page.text(Role::Quiet, &machine_line(comparison));
    page.blank();
    let runs = rows(comparison);
    let grid = Grid::new(comparison, &runs, appearance.columns);
    page.line(Role::Quiet, grid.header());
    for (run, line) in runs.iter().zip(grid.rows()) {
        page.line(role(run, comparison), line);
        for remark in remarks(run) {
            page.paragraph(Role::Quiet, &Paragraph { first: "  └ ", rest: "    ", text: &remark });
        }
    }
    page.blank();
    if comparison.first().is_some() {
        page.text(Role::Quiet, &grid.legend());
        page.blank();
    }
    picture::draw(comparison, &mut page);
    for sentence in &comparison.verdict {
        page.paragraph(Role::Plain, &Paragraph { first: "• ", rest: "  ", text: sentence });
    }
    if !comparison.warnings.is_empty() {
        page.blank();
    }
    for warning in &comparison.warnings {
        let text = format!("warning: {}", warning.text);
        page.paragraph(Role::Warning, &Paragraph { first: "", rest: "  ", text: &text });
    }
    out.write_all(page.finish().as_bytes())
}

/// The runs as the table has them: measured ones, best first, then failed, then skipped ones.
fn rows(comparison: &Comparison) -> Vec<&Run> {
    let mut rows = comparison.ranked();
    let yardstick = comparison.yardstick();
    for status in [Status::Ok, Status::Failed, Status::Skipped] {
        let unranked = comparison.runs.iter().filter(|run| yardstick.score(run).is_none());
        rows.extend(unranked.filter(|run| run.status == status));
    }
    rows
}

fn role(run: &Run, comparison: &Comparison) -> Role {
    match run.status {
        Status::Failed => Role::Failed,
        Status::Skipped => Role::Quiet,
        Status::Ok if comparison.first() == Some(run) => Role::Good,
        Status::Ok => Role::Plain,
    }
}

/// What must be said about one run and does not fit in a column.
fn remarks(run: &Run) -> Vec<String> {
    let chosen = run.contestant.chosen.as_ref();
    let lost = (run.workers_lost > 0).then(|| match run.workers_lost {
        1 => "1 worker was lost; its unfinished flows were run again".to_string(),
        lost => format!("{lost} workers were lost; their unfinished flows were run again"),
    });
    chosen
        .map(|chosen| format!("{}, because {}", chosen.model, chosen.why))
        .into_iter()
        .chain(run.reason.clone())
        .chain(lost)
        .chain(run.notes.iter().cloned())
        .collect()
}

fn plan_line(comparison: &Comparison) -> String {
    let plan = &comparison.plan;
    format!(
        "{} · {} · {} · {}, interleaved{}",
        plan.name,
        several(plan.flows, "flow"),
        several(plan.steps, "step"),
        several(comparison.repeats, "repeat"),
        if comparison.interrupted { " · interrupted" } else { "" },
    )
}

fn machine_line(comparison: &Comparison) -> String {
    let machine = &comparison.machine;
    let place = match machine.place {
        Place::Fast => ", in directories where making files is fast",
        Place::Plain => "",
    };
    format!("{} · {} on {}{place}", machine.host, machine.directory, machine.filesystem)
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::paragraph::width;
    use crate::{Appearance, Colour, Comparison, example};

    fn rendered(comparison: &Comparison, columns: usize, colour: Colour) -> String {
        let mut bytes = Vec::new();
        render(comparison, Appearance { columns, colour }, &mut bytes).expect("memory takes all");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn eighty_columns() {
        insta::assert_snapshot!(rendered(&example::files(), 80, Colour::Plain));
    }

    #[test]
    fn a_hundred_and_twenty_columns() {
        insta::assert_snapshot!(rendered(&example::files(), 120, Colour::Plain));
    }

    #[test]
    fn every_column() {
        insta::assert_snapshot!(rendered(&example::everything(), 200, Colour::Plain));
    }

    #[test]
    fn in_colour() {
        let text = rendered(&example::everything(), 80, Colour::Ansi);
        insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
    }

    #[test]
    fn interrupted() {
        insta::assert_snapshot!(rendered(&example::interrupted(), 80, Colour::Plain));
    }

    #[test]
    fn skipped_and_failed() {
        insta::assert_snapshot!(rendered(&example::everything(), 80, Colour::Plain));
    }

    #[test]
    fn results_differ() {
        insta::assert_snapshot!(rendered(&example::results_differ(), 80, Colour::Plain));
    }

    #[test]
    fn nothing_measured() {
        insta::assert_snapshot!(rendered(&example::nothing_measured(), 80, Colour::Plain));
    }

    #[test]
    fn pictures_of_downloads() {
        insta::assert_snapshot!(rendered(&example::downloads(), 80, Colour::Plain));
    }

    #[test]
    fn pictures_on_a_narrow_terminal() {
        insta::assert_snapshot!(rendered(&example::downloads(), 40, Colour::Plain));
    }

    #[test]
    fn pictures_in_colour() {
        let text = rendered(&example::downloads(), 120, Colour::Ansi);
        insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
    }

    #[test]
    fn servers() {
        insta::assert_snapshot!(rendered(&example::echo(), 80, Colour::Plain));
    }

    #[test]
    fn servers_with_every_column() {
        insta::assert_snapshot!(rendered(&example::echo(), 200, Colour::Plain));
    }

    #[test]
    fn timers() {
        insta::assert_snapshot!(rendered(&example::timers(), 100, Colour::Plain));
    }

    #[test]
    fn no_measured_run_is_missing_though_it_lacks_what_ranks() {
        let mut comparison = example::echo();
        comparison.runs[1].metrics.clear();
        comparison.runs[1].metric_samples.clear();
        let model = comparison.runs[1].contestant.model.clone();
        let text = rendered(&comparison.finish(), 80, Colour::Plain);
        assert!(text.lines().any(|line| line.starts_with(&model)), "{text}");
    }

    #[test]
    fn every_line_fits() {
        for (name, comparison) in example::all() {
            for columns in [60, 80, 100, 120, 160, 200] {
                for line in rendered(&comparison, columns, Colour::Plain).lines() {
                    assert!(width(line) <= columns, "{name} at {columns}: {line}");
                    assert_eq!(line, line.trim_end(), "{name} at {columns}");
                }
            }
        }
    }

    #[test]
    fn pictures_fit_any_terminal() {
        let comparison = example::downloads();
        for columns in 40..=200 {
            for line in rendered(&comparison, columns, Colour::Plain).lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
                assert_eq!(line, line.trim_end(), "{columns}");
            }
        }
    }

    #[test]
    fn plain_has_no_escape_and_colour_changes_nothing_else() {
        for (name, comparison) in example::all() {
            let plain = rendered(&comparison, 80, Colour::Plain);
            let coloured = rendered(&comparison, 80, Colour::Ansi);
            assert!(!plain.contains('\u{1b}'), "{name}");
            assert!(coloured.contains('\u{1b}'), "{name}");
            let mut stripped = String::new();
            for (part, text) in coloured.split('\u{1b}').enumerate() {
                let text = if part == 0 { text } else { text.split_once('m').expect("an SGR").1 };
                stripped.push_str(text);
            }
            assert_eq!(stripped, plain, "{name}");
        }
    }
}
