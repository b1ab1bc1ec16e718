//! `read = "10 KiB"` or `read = true`: reads from the file's position.

use std::sync::Arc;

use crate::entry::Entry;
use crate::limits::CONTENT_BYTES_MAX;
use crate::mistake::MistakeAt;
use crate::{Action, Amount, Declares, FileUse, Step, StepKind, size_text};

/// Reads so many bytes from the open file's position, or all to its end.
#[derive(Debug)]
pub(crate) struct Read {
    /// To the end if not said.
    bytes: Option<u64>,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "read",
    summary: "Reads so many bytes from the open file's position, or all to its end.",
    example: "{ read = \"10 KiB\" }",
    parse,
};

impl Step for Read {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Read { bytes: self.bytes }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            file: FileUse::Reads,
            reads: self.bytes.map_or(Amount::ToEnd, Amount::Bytes),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.bytes.map_or(true.into(), |bytes| size_text(bytes).into())
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    if entry.is_bool() {
        return entry.only_true().map(|()| Arc::new(Read { bytes: None }) as _);
    }
    Ok(Arc::new(Read { bytes: Some(entry.size(1, CONTENT_BYTES_MAX)?) }))
}
