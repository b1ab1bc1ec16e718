//! Text with a role, and what a role looks like.
//!
//! Left out on purpose: what a role is given to; the formats decide that.

use anstyle::{AnsiColor, Style};

use crate::paragraph::Paragraph;
use crate::{Appearance, Colour};

/// What a piece of text is, which is all that its colour may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    Quiet,
    Heading,
    Good,
    Failed,
    Warning,
    Waiting,
    Burning,
    Copying,
    Computing,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Quiet => Style::new().dimmed(),
            Self::Heading => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Failed | Self::Burning => AnsiColor::Red.on_default(),
            Self::Warning | Self::Computing => AnsiColor::Yellow.on_default(),
            Self::Waiting => AnsiColor::Cyan.on_default(),
            Self::Copying => AnsiColor::Green.on_default(),
        }
    }
}

/// Text that grows by lines.
#[derive(Debug)]
pub(crate) struct Page {
    appearance: Appearance,
    text: String,
}

impl Page {
    pub(crate) fn new(appearance: Appearance) -> Self {
        Self { appearance, text: String::new() }
    }

    /// Columns that a line may take.
    pub(crate) fn columns(&self) -> usize {
        self.appearance.columns
    }

    /// Adds a line as it is.
    pub(crate) fn line(&mut self, role: Role, line: &str) {
        self.pieces([(role, line)]);
    }

    /// Adds a line of pieces as they are.
    pub(crate) fn pieces<'a>(&mut self, pieces: impl IntoIterator<Item = (Role, &'a str)>) {
        for (role, piece) in pieces.into_iter().filter(|(_, piece)| !piece.is_empty()) {
            let style = match self.appearance.colour {
                Colour::Ansi => role.style(),
                Colour::Plain => Style::new(),
            };
            self.text.push_str(&format!("{style}{piece}{style:#}"));
        }
        self.text.push('\n');
    }

    /// Adds prose, in as many lines as it needs.
    pub(crate) fn paragraph(&mut self, role: Role, paragraph: &Paragraph<'_>) {
        for line in paragraph.lines(self.appearance.columns) {
            self.line(role, &line);
        }
    }

    /// Adds prose that nothing leads.
    pub(crate) fn text(&mut self, role: Role, text: &str) {
        self.paragraph(role, &Paragraph { first: "", rest: "", text });
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
