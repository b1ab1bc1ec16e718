//! `close = true`: gives the file up.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, FileUse, Step, StepKind};

/// Closes the open file.
#[derive(Debug)]
pub(crate) struct Close;

pub(crate) const KIND: StepKind = StepKind {
    name: "close",
    summary: "Closes the open file.",
    example: "{ close = true }",
    parse,
};

impl Step for Close {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Close
    }

    fn declares(&self) -> Declares<'_> {
        Declares { file_calls: 1, file: FileUse::Closes, ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        true.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    entry.only_true().map(|()| Arc::new(Close) as _)
}
