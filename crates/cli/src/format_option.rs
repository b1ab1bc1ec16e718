//! `--format`: how a document is shown.

use whywait_report::Format;

use crate::failure::Failure;
use crate::nearest::advice;

/// The format that was asked for.
pub(crate) fn read<Document>(
    formats: &'static [Format<Document>],
    asked: &str,
) -> Result<&'static Format<Document>, Failure> {
    Format::named(formats, asked).ok_or_else(|| {
        let names = formats.iter().map(|format| format.name);
        let message = format!("there is no format `{asked}`");
        Failure::usage(message, advice(asked, "formats", names))
    })
}
