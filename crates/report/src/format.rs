//! The ways to show a comparison.
//!
//! Left out on purpose: what each looks like; one file per format has that.

use std::io;

use crate::{Comparison, json, table};

/// A way to show a comparison: a row of [`FORMATS`].
#[derive(Debug)]
pub struct Format {
    /// The format's name on the command line.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// Writes a finished comparison, ending in a newline.
    ///
    /// # Errors
    /// Only what the writer returns.
    pub render: fn(&Comparison, Appearance, &mut dyn io::Write) -> io::Result<()>,
}

/// Every way to show a comparison; the first is the default.
pub const FORMATS: &[Format] = &[
    Format { name: "table", summary: "for people, on a terminal", render: table::render },
    Format { name: "json", summary: "one JSON document, with every number", render: json::render },
];

impl Format {
    /// The row of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
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
    use super::{Appearance, Colour, FORMATS, Format};
    use crate::example;

    #[test]
    fn every_format_is_found_by_its_name_and_ends_in_a_newline() {
        let appearance = Appearance { columns: 80, colour: Colour::Plain };
        for format in FORMATS {
            assert_eq!(Format::named(format.name).map(|found| found.name), Some(format.name));
            let mut bytes = Vec::new();
            (format.render)(&example::everything(), appearance, &mut bytes)
                .expect("memory takes all");
            assert!(bytes.ends_with(b"\n") && !bytes.ends_with(b"\n\n"), "{}", format.name);
        }
    }

    #[test]
    fn an_unknown_format_is_none() {
        assert!(Format::named("tables").is_none());
    }
}
