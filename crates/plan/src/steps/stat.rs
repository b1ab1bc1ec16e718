//! `stat = "path"`: looks at a path.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, PathTemplate, PathUse, Step, StepKind};

/// Asks what a path names, its size among the rest.
#[derive(Debug)]
pub(crate) struct Stat {
    path: PathTemplate,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "stat",
    summary: "Asks what a path names, its size among the rest.",
    example: "{ stat = \"out/{flow}.txt\" }",
    parse,
};

impl Step for Stat {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::Stat { path: self.path.expand(flow) }
    }

    fn declares(&self) -> Declares<'_> {
        Declares { file_calls: 1, path: Some((&self.path, PathUse::Looks)), ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        self.path.as_str().into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Stat { path: entry.path()? }))
}
