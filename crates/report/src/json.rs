//! The format `json`: the document itself.
//!
//! Left out on purpose: a compact form; `jq -c` makes one.

use std::io;

use crate::{Appearance, Comparison};

/// Writes the document, indented, with a newline at its end.
pub(crate) fn render(
    comparison: &Comparison,
    _appearance: Appearance,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    out.write_all(b"\n")
}
