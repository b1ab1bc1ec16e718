//! How a program as a whole is built: a file and a row of [`SHAPES`] for each shape.
//!
//! Rules test facts about the program: which processes and threads there are, who created them, who
//! works at the same time as whom, and which part of the work each kind of them does.

mod aio_loop;
mod blocking;
mod busy_polling;
mod cpu_bound;
mod event_loop;
mod event_loop_and_pool;
mod event_loops;
mod groups;
mod hand_off_and_wait;
mod idle;
mod pipeline;
mod prefork_blocking;
mod prefork_event_loops;
mod prefork_pools;
mod process_per_connection;
mod process_per_task;
mod process_pool;
mod process_pool_event_loops;
mod program;
mod program_facts;
mod row;
mod stages;
mod team;
mod thread_per_connection;
mod thread_per_task;
mod thread_pool;
mod uring_loop;
mod uring_loops;

pub(crate) use program::effort_ns;
pub(crate) use program_facts::{OfProgram, PROGRAM_FACTS, ProgramFacts};
pub(crate) use row::ShapeRow;

use whywait_report::Shape;

use crate::analysis::ClassifiedThreads;
use crate::rules::{Classification, Rule, RuleSet};
use program::Program;

/// Every shape.
pub(crate) const SHAPES: &[ShapeRow] = &[
    aio_loop::ROW,
    blocking::ROW,
    busy_polling::ROW,
    cpu_bound::ROW,
    event_loop::ROW,
    event_loop_and_pool::ROW,
    event_loops::ROW,
    hand_off_and_wait::ROW,
    idle::ROW,
    pipeline::ROW,
    prefork_blocking::ROW,
    prefork_event_loops::ROW,
    prefork_pools::ROW,
    process_per_connection::ROW,
    process_per_task::ROW,
    process_pool::ROW,
    process_pool_event_loops::ROW,
    thread_per_connection::ROW,
    thread_per_task::ROW,
    thread_pool::ROW,
    uring_loop::ROW,
    uring_loops::ROW,
];

/// What a program was classified as, and by which facts.
#[derive(Clone, Debug)]
pub(crate) struct ShapeClass {
    pub(crate) class: Classification<OfProgram>,
    pub(crate) facts: ProgramFacts,
}

impl ShapeClass {
    /// By the rules of a set.
    pub(crate) fn of(threads: &ClassifiedThreads<'_, '_>, rules: &RuleSet) -> Self {
        let facts = ProgramFacts::of(&Program::of(threads));
        Self { class: Classification::by(every_shape_rule(), rules, &facts), facts }
    }
}

/// What is said of a shape; none of one that is unknown.
pub(crate) fn row_of(shape: Shape) -> Option<&'static ShapeRow> {
    SHAPES.iter().find(|row| row.shape == shape)
}

/// The rules of every shape, in the order of the table.
pub(crate) fn every_shape_rule() -> impl Iterator<Item = &'static Rule<OfProgram>> {
    SHAPES.iter().flat_map(|row| row.rules)
}
