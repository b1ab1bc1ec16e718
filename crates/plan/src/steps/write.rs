//! `write = "10 KiB"` or `write = { … }`: writes at the file's position.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Content, Declares, FileUse, Step, StepKind};

/// Writes content at the open file's position.
#[derive(Debug)]
pub(crate) struct Write {
    content: Content,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "write",
    summary: "Writes content at the open file's position.",
    example: "{ write = \"10 KiB\" }",
    parse,
};

impl Step for Write {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Write(&self.content)
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            file: FileUse::Writes,
            writes: self.content.len() as u64,
            random_bytes: self.content.random_bytes(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.content.to_value()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Write { content: Content::from_entry(entry)? }))
}
