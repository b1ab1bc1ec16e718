//! `mkdir = "path"`: makes a directory.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, PathTemplate, PathUse, Step, StepKind};

/// Makes a directory, which must not be there.
#[derive(Debug)]
pub(crate) struct Mkdir {
    path: PathTemplate,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "mkdir",
    summary: "Makes a directory, which must not be there.",
    example: "{ mkdir = \"out/{flow}\" }",
    parse,
};

impl Step for Mkdir {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::Mkdir { path: self.path.expand(flow) }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 1,
            path: Some((&self.path, PathUse::MakesDirectory)),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.path.as_str().into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Mkdir { path: entry.path()? }))
}
