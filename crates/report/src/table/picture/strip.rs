//! One lane as characters.
//!
//! Left out on purpose: what lies between two flows on one worker; a lane knows only its own.

use super::axis::Axis;
use crate::stretch::{State, Stretch, stretches};
use crate::{EventKind, Lane};

use crate::page::Role;

/// One lane as characters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    pub(super) flow: u64,
    glyphs: Vec<Glyph>,
}

/// What a character of a lane stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glyph {
    NotYet,
    Queued,
    Waiting,
    Burning,
    Computing,
    Copying,
    Done,
    Failed,
}

impl Strip {
    /// The lanes of one run on an axis.
    pub(super) fn of(lanes: &[Lane], axis: &Axis) -> Vec<Self> {
        let drawn = lanes.iter().zip(stretches(lanes));
        drawn.map(|(lane, stretches)| Self::new(lane, &stretches, axis)).collect()
    }

    fn new(lane: &Lane, stretches: &[Stretch], axis: &Axis) -> Self {
        let (Some(first), Some(last)) = (lane.events.first(), lane.events.last()) else {
            return Self { flow: lane.flow, glyphs: Vec::new() };
        };
        let from = axis.cell(first.at_s);
        let to = axis.last_cell(last.at_s).max(from);
        let mut glyphs = vec![Glyph::NotYet; from];
        glyphs.extend((from..=to).map(|cell| most(stretches, cell, axis)));
        show_short(&mut glyphs[from..], from, stretches, axis);
        match last.kind {
            EventKind::Done => glyphs.push(Glyph::Done),
            EventKind::Failed => glyphs.push(Glyph::Failed),
            EventKind::Submitted
            | EventKind::Waiting
            | EventKind::Copying
            | EventKind::Computing => {}
        }
        Self { flow: lane.flow, glyphs }
    }

    /// Whether it shows this somewhere.
    pub(super) fn has(&self, glyph: Glyph) -> bool {
        self.glyphs.contains(&glyph)
    }

    /// Its characters, those of one role together.
    pub(super) fn pieces(&self) -> Vec<(Role, String)> {
        let mut pieces: Vec<(Role, String)> = Vec::new();
        for glyph in &self.glyphs {
            match pieces.last_mut() {
                Some((role, piece)) if *role == glyph.role() => piece.push(glyph.character()),
                _ => pieces.push((glyph.role(), glyph.character().into())),
            }
        }
        pieces
    }
}

impl Glyph {
    /// All, in the order of the legend.
    pub(super) const ALL: &[Self] = &[
        Self::NotYet,
        Self::Queued,
        Self::Waiting,
        Self::Burning,
        Self::Computing,
        Self::Copying,
        Self::Done,
        Self::Failed,
    ];

    /// How it looks: to be told from all others without colour.
    pub(super) fn character(self) -> char {
        match self {
            Self::NotYet => '·',
            Self::Queued => ':',
            Self::Waiting => '─',
            Self::Burning => '▒',
            Self::Computing => '#',
            Self::Copying => '█',
            Self::Done => '|',
            Self::Failed => 'x',
        }
    }

    /// What the legend says of it.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::NotYet => "due, not yet begun",
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::Burning => "waiting and burning CPU",
            Self::Computing => "computing",
            Self::Copying => "copying",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// What its colour goes by.
    pub(super) fn role(self) -> Role {
        match self {
            Self::NotYet => Role::Quiet,
            Self::Queued | Self::Done => Role::Plain,
            Self::Waiting => Role::Waiting,
            Self::Burning => Role::Burning,
            Self::Computing => Role::Computing,
            Self::Copying => Role::Copying,
            Self::Failed => Role::Failed,
        }
    }

    fn of(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Waiting => Self::Waiting,
            State::Burning => Self::Burning,
            State::Copying => Self::Copying,
            State::Computing => Self::Computing,
        }
    }
}

/// What a flow was in for most of a cell.
fn most(stretches: &[Stretch], cell: usize, axis: &Axis) -> Glyph {
    let longest = Glyph::ALL
        .iter()
        .map(|glyph| (*glyph, share_s(*glyph, stretches, cell, axis)))
        .max_by(|(_, left), (_, right)| left.total_cmp(right));
    match longest {
        Some((glyph, share_s)) if share_s > 0.0 => glyph,
        _ => Glyph::Queued,
    }
}

/// Seconds of a cell in which a flow was in this.
fn share_s(glyph: Glyph, stretches: &[Stretch], cell: usize, axis: &Axis) -> f64 {
    let (from_s, to_s) = (cell as f64 * axis.cell_s(), (cell + 1) as f64 * axis.cell_s());
    let such = stretches.iter().filter(|stretch| Glyph::of(stretch.state) == glyph);
    such.map(|stretch| stretch.within(from_s, to_s)).sum()
}

/// Gives what is too short for the scale one character, where there is room: a flow that copied
/// is seen to copy.
fn show_short(glyphs: &mut [Glyph], from: usize, stretches: &[Stretch], axis: &Axis) {
    for glyph in [Glyph::Computing, Glyph::Copying] {
        if glyphs.len() < 2 || glyphs.contains(&glyph) {
            continue;
        }
        let longest = (0..glyphs.len())
            .map(|place| (place, share_s(glyph, stretches, from + place, axis)))
            .filter(|(_, share_s)| *share_s > 0.0)
            .max_by(|(_, left), (_, right)| left.total_cmp(right));
        if let Some((place, _)) = longest {
            glyphs[place] = glyph;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Axis, Glyph, Strip};
    use crate::{EventKind, Lane, LaneEvent};

    fn lane(events: &[(f64, EventKind)]) -> Lane {
        let event = |(at_s, kind): &(f64, EventKind)| LaneEvent {
            at_s: *at_s,
            kind: *kind,
            step: 1,
            worker_cpu_s: 0.0,
            bytes: None,
        };
        Lane { flow: 0, worker: 0, events: events.iter().map(event).collect() }
    }

    fn text(lane: Lane) -> String {
        let strips = Strip::of(&[lane], &Axis::new(1.0, 10));
        strips[0].pieces().into_iter().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn a_lane_shows_each_state_where_it_was() {
        let lane = lane(&[
            (0.2, EventKind::Submitted),
            (0.3, EventKind::Waiting),
            (0.7, EventKind::Copying),
            (0.9, EventKind::Done),
        ]);
        assert_eq!(text(lane), "··:────██|");
    }

    #[test]
    fn what_is_too_short_for_the_scale_is_seen_all_the_same() {
        let copies =
            [(0.0, EventKind::Waiting), (0.49, EventKind::Copying), (0.491, EventKind::Done)];
        assert_eq!(text(lane(&copies)), "────█|");
        let short = [(0.31, EventKind::Waiting), (0.311, EventKind::Done)];
        assert_eq!(text(lane(&short)), "···─|");
        let none = [(0.31, EventKind::Submitted), (0.31, EventKind::Done)];
        assert_eq!(text(lane(&none)), "···:|");
    }

    #[test]
    fn a_failure_and_a_lane_without_an_end_look_so() {
        assert_eq!(text(lane(&[(0.0, EventKind::Waiting), (0.3, EventKind::Failed)])), "───x");
        assert_eq!(text(lane(&[(0.0, EventKind::Waiting), (0.3, EventKind::Copying)])), "───");
        assert_eq!(text(lane(&[])), "");
    }

    #[test]
    fn no_two_look_the_same() {
        let characters: BTreeSet<_> = Glyph::ALL.iter().map(|glyph| glyph.character()).collect();
        assert_eq!(characters.len(), Glyph::ALL.len());
    }
}
