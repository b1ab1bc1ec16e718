//! How a program as a whole is built: a file for each family of shapes, and a row of [`SHAPE_FAMILIES`].
//!
//! Structure names a shape, not where the time went: which threads and processes there are, who
//! made them, who works at the same time as whom, and what model each uses. So the families are
//! asked from those with the most structure to those with the least, and the first that knows the
//! program names it.
//!
//! Left out on purpose: what single threads do (`models`), and whether it is a good idea
//! (`findings`).

mod busy;
mod hand_off;
mod loops;
mod processes;
mod program;
mod single;
mod team;
mod threads;

use whywait_report::Shape;

use crate::Analysis;
use program::Program;

/// A family of shapes: which of them a program is; none if it is none.
type Family = fn(&Program<'_, '_>) -> Option<Shape>;

/// Every family, those with the most structure first.
const SHAPE_FAMILIES: &[Family] = &[
    processes::classify,
    busy::classify,
    loops::classify,
    hand_off::classify,
    threads::classify,
    single::classify,
];

/// How a program as a whole is built.
pub(crate) fn shape_of(analysis: &Analysis<'_>) -> Shape {
    let program = Program::of(analysis);
    SHAPE_FAMILIES.iter().find_map(|family| family(&program)).unwrap_or(Shape::Unknown)
}
