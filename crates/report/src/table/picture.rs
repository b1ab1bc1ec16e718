//! The order of events as a picture: a lane for each flow, on one time axis for all models.
//!
//! Models whose pictures are alike share one, so that what differs is seen at once. What is said
//! of a picture follows from its events, never from the name of a model.
//!
//! Left out on purpose: several runs of a model; the lanes are of the one run that was checked.

mod axis;
mod caption;
mod strip;

use crate::order::{AtOnce, Order};
use crate::paragraph::{Paragraph, width};
use crate::quantity::Seconds;
use crate::{Comparison, Run};

use crate::page::{Page, Role};
use axis::Axis;
use caption::caption;
use strip::{Glyph, Strip};

/// More columns than this make a picture no clearer.
const WIDEST_COLUMNS: usize = 120;

/// Two runs of which one takes up to so many times as long as the other take about as long.
const ALIKE: f64 = 1.5;

/// So do two that differ by no more than so many characters.
const ALIKE_CELLS: f64 = 2.0;

/// Adds the pictures of all runs that have lanes; nothing where none has.
pub(super) fn draw(comparison: &Comparison, page: &mut Page) {
    let shown: Vec<_> =
        comparison.runs.iter().filter_map(|run| Some((run, Order::of(&run.lanes)?))).collect();
    let Some(span_s) = shown.iter().map(|(_, order)| order.span_s).reduce(f64::max) else {
        return;
    };
    let numbers = shown.iter().flat_map(|(run, _)| &run.lanes).map(|lane| lane.flow);
    let gutter = numbers.max().map_or(1, |most| most.to_string().len());
    // A space follows the flow's number, and a mark stands after the end of the last flow.
    let cells = page.columns().min(WIDEST_COLUMNS).saturating_sub(gutter + 2).max(1);
    let axis = Axis::new(span_s, cells);
    let pictures: Vec<_> =
        shown.into_iter().map(|(run, order)| Picture::new(run, order, &axis)).collect();
    let groups = grouped(&pictures, &axis);
    introduce(&groups, page);
    for group in &groups {
        page.blank();
        head(group, page);
        for strip in &group[0].strips {
            let label = format!("{:>gutter$} ", strip.flow);
            let pieces = strip.pieces();
            let pieces = pieces.iter().map(|(role, piece)| (*role, piece.as_str()));
            page.pieces([(Role::Quiet, label.as_str())].into_iter().chain(pieces));
        }
        page.line(Role::Quiet, &format!("{:gutter$} {}", "", axis.line()));
    }
    page.blank();
}

/// The lanes of one run, drawn.
struct Picture<'a> {
    run: &'a Run,
    order: Order,
    strips: Vec<Strip>,
}

impl<'a> Picture<'a> {
    fn new(run: &'a Run, order: Order, axis: &Axis) -> Self {
        Self { run, order, strips: Strip::of(&run.lanes, axis) }
    }

    /// Whether one picture can stand for both: flows and waits overlap in the same way, and all of it
    /// takes about as long. When exactly a flow did what is another thing in every run.
    fn is_like(&self, other: &Self, axis: &Axis) -> bool {
        let shape = |order: &Order| {
            let flows = AtOnce::of(order.flows_at_once, order.flows);
            let waits = AtOnce::of(order.waits_at_once, order.waits);
            (flows, order.waits, waits, order.burnt_s > 0.0)
        };
        let spans = [self.order.span_s, other.order.span_s];
        let (short, long) = (spans[0].min(spans[1]), spans[0].max(spans[1]));
        let near = long <= ALIKE * short || long - short <= ALIKE_CELLS * axis.cell_s();
        near && shape(&self.order) == shape(&other.order) && self.strips.len() == other.strips.len()
    }
}

/// Pictures that are alike together, in the order of the first of each.
fn grouped<'a>(pictures: &'a [Picture<'a>], axis: &Axis) -> Vec<Vec<&'a Picture<'a>>> {
    let mut groups: Vec<Vec<&Picture<'_>>> = Vec::new();
    for picture in pictures {
        match groups.iter_mut().find(|group| group[0].is_like(picture, axis)) {
            Some(group) => group.push(picture),
            None => groups.push(vec![picture]),
        }
    }
    groups
}

/// What the pictures are of, and what their characters mean.
fn introduce(groups: &[Vec<&Picture<'_>>], page: &mut Page) {
    page.line(Role::Heading, "Who waits in what order");
    let text = "A line for each flow, one scale for all models, from the one run of each whose \
                result was checked; CPU is that of the measured runs.";
    page.text(Role::Quiet, text);
    let drawn = |glyph: &&Glyph| {
        let strips = groups.iter().flat_map(|group| &group[0].strips);
        strips.into_iter().any(|strip| strip.has(**glyph))
    };
    let glyphs = Glyph::ALL.iter().filter(drawn);
    legend(&glyphs.copied().collect::<Vec<_>>(), page);
}

/// What the characters mean, in as many lines as that needs. A character stays with its meaning.
fn legend(glyphs: &[Glyph], page: &mut Page) {
    const BETWEEN: &str = "   ";
    let mut lines: Vec<Vec<Glyph>> = Vec::new();
    let mut free = 0;
    for glyph in glyphs {
        let needed = width(BETWEEN) + 2 + width(glyph.meaning());
        match lines.last_mut() {
            Some(line) if needed <= free => {
                line.push(*glyph);
                free -= needed;
            }
            _ => {
                lines.push(vec![*glyph]);
                free = (page.columns() + width(BETWEEN)).saturating_sub(needed);
            }
        }
    }
    for line in lines {
        let texts = line.iter().enumerate().map(|(place, glyph)| {
            let before = if place == 0 { "" } else { BETWEEN };
            (before, *glyph, glyph.character().to_string(), format!(" {}", glyph.meaning()))
        });
        let texts: Vec<_> = texts.collect();
        page.pieces(texts.iter().flat_map(|(before, glyph, character, meaning)| {
            [(Role::Plain, *before), (glyph.role(), character), (Role::Quiet, meaning)]
        }));
    }
}

/// Which models a picture is of, and what is seen on it.
fn head(group: &[&Picture<'_>], page: &mut Page) {
    let names = group.iter().map(|picture| {
        let run = picture.run;
        let chosen = run.contestant.chosen.as_ref();
        let chosen = chosen.map(|chosen| format!(" as {}", chosen.model)).unwrap_or_default();
        let cpu = run.measures.cpu_s.map(|cpu| format!(" ({} CPU)", Seconds(cpu.median)));
        let (model, span) = (&run.contestant.model, Seconds(picture.order.span_s));
        format!("{model}{chosen} {span}{}", cpu.unwrap_or_default())
    });
    page.text(Role::Heading, &names.collect::<Vec<_>>().join(" · "));
    let orders: Vec<_> = group.iter().map(|picture| &picture.order).collect();
    page.paragraph(Role::Plain, &Paragraph { first: "", rest: "", text: &caption(&orders) });
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::page::Page;
    use crate::paragraph::width;
    use crate::{Appearance, Colour, Comparison, Run, example};

    fn picture(comparison: &Comparison, columns: usize) -> String {
        let mut page = Page::new(Appearance { columns, colour: Colour::Plain });
        draw(comparison, &mut page);
        page.finish()
    }

    /// The lines of the lanes, those of one group after those of another.
    fn lanes(picture: &str) -> Vec<Vec<&str>> {
        let groups = picture.trim_end().split("\n\n").skip(1);
        groups.map(|group| group.lines().filter(|line| line.ends_with('|')).collect()).collect()
    }

    #[test]
    fn every_model_that_ran_is_named_above_a_picture() {
        let comparison = example::downloads();
        let picture = picture(&comparison, 80);
        for run in &comparison.runs {
            let heading = format!("{} ", run.contestant.model);
            assert!(picture.contains(&heading), "{heading}: {picture}");
        }
    }

    #[test]
    fn one_after_another_is_ten_times_as_long_as_at_once() {
        for columns in [40, 80, 120, 200] {
            let picture = picture(&example::downloads(), columns);
            let groups = lanes(&picture);
            let longest = |group: &[&str]| group.iter().map(|line| width(line)).max().unwrap_or(0);
            // Two columns name the flow, and one marks the end.
            let [serial, at_once] = [0, 2].map(|group| longest(&groups[group]) - 3);
            assert!(serial >= 9 * at_once, "{columns}: {serial} {at_once}");
        }
    }

    #[test]
    fn models_that_behave_alike_share_a_picture_whatever_their_jitter() {
        let models = |waits: &[(u64, f64)]| {
            let mut comparison = example::downloads();
            comparison.runs.truncate(waits.len());
            for (run, (flows, wait_s)) in comparison.runs.iter_mut().zip(waits) {
                run.lanes = example::waits(*flows, *wait_s);
            }
            lanes(&picture(&comparison, 80)).len()
        };
        assert_eq!(models(&[(10, 0.30), (10, 0.33), (10, 0.41)]), 1);
        assert_eq!(models(&[(10, 0.30), (10, 0.30), (10, 0.61)]), 2, "twice as long");
        // Flows that never wait, one after another and all at once.
        assert_eq!(models(&[(10, 40e-6), (10, 70e-6), (10, 55e-6)]), 1);
    }

    #[test]
    fn twenty_short_lanes_beside_a_long_one_are_all_seen() {
        let mut comparison = example::downloads();
        comparison.runs.truncate(4);
        for run in &mut comparison.runs[..3] {
            run.lanes = example::waits(20, 3.0);
        }
        comparison.runs[3].lanes = example::waits(20, 0.001);
        let picture = picture(&comparison, 40);
        let groups = lanes(&picture);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20]);
        assert_eq!(groups[1][7], " 7 █|", "{picture}");
    }

    #[test]
    fn without_lanes_there_is_no_picture() {
        assert_eq!(picture(&example::files(), 80), "");
        let mut comparison = example::downloads();
        comparison.runs.iter_mut().for_each(|run: &mut Run| run.lanes.clear());
        assert_eq!(picture(&comparison, 80), "");
    }
}
