//! A shape: the rules by which it is recognised, and what is said of it.

use whywait_report::{Control, Notice, Quadrant, Shape, ThreadModel};

use super::program_facts::OfProgram;
use crate::rules::Rule;

/// A shape: the rules by which it is recognised, and what is said of it.
#[derive(Debug)]
pub(crate) struct ShapeRow {
    pub(crate) shape: Shape,
    /// What a program of this shape is, as a sentence begins.
    pub(crate) phrase: &'static str,
    /// The models of the threads that do its work; none where these are of any model.
    pub(crate) about: &'static [ThreadModel],
    /// How these threads wait; none where they do no I/O.
    pub(crate) quadrant: Option<Quadrant>,
    pub(crate) rules: &'static [Rule<OfProgram>],
}

/// A call returns when it is done.
pub(super) const BLOCKING: Option<Quadrant> =
    Some(Quadrant { control: Control::Blocking, notice: Notice::Synchronous });

/// A call returns when it is done, and another thread does the work.
pub(super) const BLOCKING_ASYNCHRONOUS: Option<Quadrant> =
    Some(Quadrant { control: Control::Blocking, notice: Notice::Asynchronous });

/// A call returns at once, and the caller polls.
pub(super) const POLLING: Option<Quadrant> =
    Some(Quadrant { control: Control::NonBlocking, notice: Notice::Synchronous });

/// A call returns at once, and the kernel says when there is more to do.
pub(super) const EVENTS: Option<Quadrant> =
    Some(Quadrant { control: Control::NonBlocking, notice: Notice::Asynchronous });
