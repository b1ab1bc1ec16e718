//! `read_at = { offset, bytes }`: reads at an offset.

use std::sync::Arc;

use crate::entry::Entry;
use crate::limits::{CONTENT_BYTES_MAX, OFFSET_MAX};
use crate::mistake::MistakeAt;
use crate::{Action, Amount, Declares, FileUse, Step, StepKind, size_text};

/// Reads so many bytes of the open file from an offset; its position stays.
#[derive(Debug)]
pub(crate) struct ReadAt {
    offset: u64,
    bytes: u64,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "read_at",
    summary: "Reads so many bytes of the open file from an offset; its position stays.",
    example: "{ read_at = { offset = \"1 MiB\", bytes = \"4 KiB\" } }",
    parse,
};

impl Step for ReadAt {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::ReadAt { offset: self.offset, bytes: self.bytes }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            file: FileUse::Reads,
            reads: Amount::Bytes(self.bytes),
            offset: Some(self.offset),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let mut table = toml::Table::new();
        table.insert("offset".to_owned(), size_text(self.offset).into());
        table.insert("bytes".to_owned(), size_text(self.bytes).into());
        table.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    let expected = "a table such as { offset = \"1 MiB\", bytes = \"4 KiB\" }";
    let fields = entry.fields(&["offset", "bytes"], expected)?;
    Ok(Arc::new(ReadAt {
        offset: fields
            .required("offset", "add `offset = \"1 MiB\"`; 0 is the start")?
            .size(0, OFFSET_MAX)?,
        bytes: fields.required("bytes", "add `bytes = \"4 KiB\"`")?.size(1, CONTENT_BYTES_MAX)?,
    }))
}
