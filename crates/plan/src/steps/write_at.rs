//! `write_at = { offset, size, … }`: writes at an offset.

use std::sync::Arc;

use crate::entry::Entry;
use crate::limits::OFFSET_MAX;
use crate::mistake::MistakeAt;
use crate::{Action, Content, Declares, FileUse, Step, StepKind, size_text};

/// Writes content to the open file at an offset; its position stays.
#[derive(Debug)]
pub(crate) struct WriteAt {
    content: Content,
    offset: u64,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "write_at",
    summary: "Writes content to the open file at an offset; its position stays.",
    example: "{ write_at = { offset = \"1 MiB\", size = \"4 KiB\" } }",
    parse,
};

impl Step for WriteAt {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::WriteAt(&self.content, self.offset)
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            file: FileUse::Writes,
            writes: self.content.len() as u64,
            offset: Some(self.offset),
            random_bytes: self.content.random_bytes(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let mut table = self.content.to_table();
        table.insert("offset".to_owned(), size_text(self.offset).into());
        table.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    let expected = "a table such as { offset = \"1 MiB\", size = \"4 KiB\" }";
    let fields = entry.fields(&[&["offset"], &Content::KEYS[..]].concat(), expected)?;
    Ok(Arc::new(WriteAt {
        offset: fields
            .required("offset", "add `offset = \"1 MiB\"`; 0 is the start")?
            .size(0, OFFSET_MAX)?,
        content: Content::from_fields(&fields)?,
    }))
}
