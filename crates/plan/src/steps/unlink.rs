//! `unlink = "path"`: removes a file.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, PathTemplate, PathUse, Step, StepKind};

/// Removes a file.
#[derive(Debug)]
pub(crate) struct Unlink {
    path: PathTemplate,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "unlink",
    summary: "Removes a file.",
    example: "{ unlink = \"out/{flow}.txt\" }",
    parse,
};

impl Step for Unlink {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::Unlink { path: self.path.expand(flow) }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            path: Some((&self.path, PathUse::Removes)),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.path.as_str().into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Unlink { path: entry.path()? }))
}
