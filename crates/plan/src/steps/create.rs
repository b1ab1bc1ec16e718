//! `create = "path"`: makes or empties a file and opens it.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, FileUse, OpenMode, PathTemplate, PathUse, Step, StepKind};

/// Makes a file, or empties it, and opens it for reading and writing.
#[derive(Debug)]
pub(crate) struct Create {
    path: PathTemplate,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "create",
    summary: "Makes a file, or empties it, and opens it for reading and writing.",
    example: "{ create = \"out/{flow}.txt\" }",
    parse,
};

impl Step for Create {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::Create { path: self.path.expand(flow) }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            path: Some((&self.path, PathUse::Creates)),
            file: FileUse::Opens(OpenMode::ReadWrite),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.path.as_str().into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Create { path: entry.path()? }))
}
