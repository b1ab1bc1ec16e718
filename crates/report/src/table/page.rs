//! Lines with a role, and what a role looks like.
//!
//! Left out on purpose: colour within a line. A table that is read, not admired, needs to set
//! apart only whole rows.

use anstyle::{AnsiColor, Style};

use crate::paragraph::Paragraph;
use crate::{Appearance, Colour};

/// What a line is, which is all that its colour may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    Quiet,
    Best,
    Failed,
    Warning,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Quiet => Style::new().dimmed(),
            Self::Best => AnsiColor::Green.on_default().bold(),
            Self::Failed => AnsiColor::Red.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
        }
    }
}

/// Text that grows by lines.
#[derive(Debug)]
pub(super) struct Page {
    appearance: Appearance,
    text: String,
}

impl Page {
    pub(super) fn new(appearance: Appearance) -> Self {
        Self { appearance, text: String::new() }
    }

    /// Adds a line as it is.
    pub(super) fn line(&mut self, role: Role, line: &str) {
        let style = match self.appearance.colour {
            Colour::Ansi => role.style(),
            Colour::Plain => Style::new(),
        };
        self.text.push_str(&format!("{style}{line}{style:#}\n"));
    }

    /// Adds prose, in as many lines as it needs.
    pub(super) fn paragraph(&mut self, role: Role, paragraph: &Paragraph<'_>) {
        for line in paragraph.lines(self.appearance.columns) {
            self.line(role, &line);
        }
    }

    /// Adds prose that nothing leads.
    pub(super) fn text(&mut self, role: Role, text: &str) {
        self.paragraph(role, &Paragraph { first: "", rest: "", text });
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
