//! A plan file's mistakes, each with its place.
//!
//! Rendering is `miette`'s and the command's; here is what they need.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::mistake::{Mistake, MistakeAt};

/// Why a text is not a plan: everything that is wrong with it, as far as it could be told.
///
/// One mistake is reported for each key or step, and those that lie in how steps go together
/// only when the steps themselves are right. At most [`PROBLEMS_MAX`](Self::PROBLEMS_MAX) are
/// kept.
///
/// As a `miette` diagnostic it is the first problem, with the others as related ones. Its
/// `Display` is the first problem and how many more there are.
#[derive(Debug)]
pub struct PlanError {
    source: NamedSource<String>,
    /// In the order of the file; never empty.
    problems: Vec<Problem>,
}

/// One mistake in a plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub mistake: Mistake,
    /// The file's name, as the caller gave it.
    pub source_name: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The bytes of the file that the mistake is about.
    pub span: std::ops::Range<usize>,
}

impl PlanError {
    /// The most problems that are kept; after so many, the rest follows from them.
    pub const PROBLEMS_MAX: usize = 20;

    /// What is wrong, in the order of the file; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(crate) fn new(source_name: &str, text: &str, mut mistakes: Vec<MistakeAt>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        mistakes.truncate(Self::PROBLEMS_MAX);
        let problems = mistakes.into_iter().map(|at| Problem::new(source_name, text, at)).collect();
        Self { source: NamedSource::new(source_name, text.to_owned()), problems }
    }
}

impl Problem {
    fn new(source_name: &str, text: &str, at: MistakeAt) -> Self {
        let start = character_start(text, at.span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            mistake: *at.mistake,
            source_name: source_name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: start..character_start(text, at.span.end).max(start),
        }
    }

    fn label(&self) -> LabeledSpan {
        LabeledSpan::new_primary_with_span(None, self.span.clone())
    }
}

/// The start of the character in which a byte is, or the text's end.
fn character_start(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|start| text.is_char_boundary(*start)).unwrap_or(0)
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.problems[0])?;
        match self.problems.len() - 1 {
            0 => Ok(()),
            1 => f.write_str(" (and one more mistake)"),
            more => write!(f, " (and {more} more mistakes)"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.source_name, self.line, self.column, self.mistake)
    }
}

impl std::error::Error for PlanError {}
impl std::error::Error for Problem {}

impl Diagnostic for PlanError {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.problems[0].labels()
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.problems[0].help()
    }

    fn related(&self) -> Option<Box<dyn Iterator<Item = &dyn Diagnostic> + '_>> {
        let others = &self.problems[1..];
        (!others.is_empty())
            .then(|| Box::new(others.iter().map(|problem| problem as &dyn Diagnostic)) as Box<_>)
    }
}

impl Diagnostic for Problem {
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label())))
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(self.mistake.advice()))
    }
}
