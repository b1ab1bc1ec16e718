//! `fsync = true`: waits for the device.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, FileUse, Step, StepKind};

/// Waits until the open file's data and metadata are on the device.
#[derive(Debug)]
pub(crate) struct Fsync;

pub(crate) const KIND: StepKind = StepKind {
    name: "fsync",
    summary: "Waits until the open file's data and metadata are on the device.",
    example: "{ fsync = true }",
    parse,
};

impl Step for Fsync {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Fsync
    }

    fn declares(&self) -> Declares<'_> {
        Declares { file_calls: 1, file: FileUse::Needs, ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        true.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    entry.only_true().map(|()| Arc::new(Fsync) as _)
}
