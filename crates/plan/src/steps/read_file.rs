//! `read_file = "path"`: reads a whole file as one operation.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Amount, Declares, PathTemplate, PathUse, Step, StepKind};

/// Opens a file, reads it to its end and closes it, as one operation.
#[derive(Debug)]
pub(crate) struct ReadFile {
    path: PathTemplate,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "read_file",
    summary: "Opens a file, reads it to its end and closes it, as one operation.",
    example: "{ read_file = \"in/{flow}.txt\" }",
    parse,
};

impl ReadFile {
    pub(crate) fn new(path: PathTemplate) -> Self {
        Self { path }
    }
}

impl Step for ReadFile {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::ReadFile { path: self.path.expand(flow) }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 3,
            path: Some((&self.path, PathUse::Looks)),
            reads: Amount::ToEnd,
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.path.as_str().into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(ReadFile { path: entry.path()? }))
}
