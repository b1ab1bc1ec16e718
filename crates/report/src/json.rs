//! The format `json`: the document itself.
//!
//! Left out on purpose: a compact form; `jq -c` makes one.

use std::io;

use serde::Serialize;

use crate::Appearance;

/// Writes the document, indented, with a newline at its end.
pub(crate) fn render<Document: Serialize>(
    document: &Document,
    _appearance: Appearance,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}
