//! The ways to show a document.
//!
//! Left out on purpose: what each looks like; one file per format has that.

use std::io;

use crate::{Comparison, Diagnosis, diagnosis, json, table};

/// A way to show a document of one type: a row of [`COMPARE_FORMATS`] or [`EXPLAIN_FORMATS`].
#[derive(Debug)]
pub struct Format<Document> {
    /// The format's name on the command line.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// Writes a finished document, ending in a newline.
    ///
    /// # Errors
    /// Only what the writer returns.
    pub render: fn(&Document, Appearance, &mut dyn io::Write) -> io::Result<()>,
}

/// Every way to show a comparison; the first is the default.
pub const COMPARE_FORMATS: &[Format<Comparison>] = &[
    Format { name: "table", summary: "for people, on a terminal", render: table::render },
    Format { name: "json", summary: "one JSON document, with every number", render: json::render },
];

/// Every way to show a diagnosis; the first is the default.
pub const EXPLAIN_FORMATS: &[Format<Diagnosis>] = &[
    Format { name: "text", summary: "for people, on a terminal", render: diagnosis::text::render },
    Format { name: "json", summary: "one JSON document, with every number", render: json::render },
];

impl<Document> Format<Document> {
    /// The row of that name in a table of formats.
    #[must_use]
    pub fn named(formats: &'static [Self], name: &str) -> Option<&'static Self> {
        formats.iter().find(|format| format.name == name)
    }
}

/// How a format that is for people may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// Columns of the terminal. A table drops columns until it fits.
    pub columns: usize,
    /// Whether to colour.
    pub colour: Colour,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI escape sequences.
    Ansi,
    /// Not one escape sequence.
    Plain,
}

#[cfg(test)]
mod tests {
    use super::{Appearance, COMPARE_FORMATS, Colour, EXPLAIN_FORMATS, Format};
    use crate::{diagnosis, example};

    fn check<Document>(formats: &'static [Format<Document>], document: &Document) {
        let appearance = Appearance { columns: 80, colour: Colour::Plain };
        for format in formats {
            let found = Format::named(formats, format.name);
            assert_eq!(found.map(|found| found.name), Some(format.name));
            let mut bytes = Vec::new();
            (format.render)(document, appearance, &mut bytes).expect("memory takes all");
            assert!(bytes.ends_with(b"\n") && !bytes.ends_with(b"\n\n"), "{}", format.name);
        }
    }

    #[test]
    fn every_format_is_found_by_its_name_and_ends_in_a_newline() {
        check(COMPARE_FORMATS, &example::everything());
        check(EXPLAIN_FORMATS, &diagnosis::example::stalled_loop());
    }

    #[test]
    fn an_unknown_format_is_none() {
        assert!(Format::named(COMPARE_FORMATS, "tables").is_none());
    }
}
