//! `open = "path"` or `open = { path, mode }`: opens a file that is there.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, FileUse, OpenMode, PathTemplate, PathUse, Step, StepKind};

/// Opens a file; mode is read (if not said), write, read_write or append.
#[derive(Debug)]
pub(crate) struct Open {
    path: PathTemplate,
    mode: OpenMode,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "open",
    summary: "Opens a file; mode is read (if not said), write, read_write or append.",
    example: "{ open = { path = \"data.bin\", mode = \"read_write\" } }",
    parse,
};

impl Step for Open {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::Open { path: self.path.expand(flow), mode: self.mode }
    }

    fn declares(&self) -> Declares<'_> {
        let path_use = if self.mode.writes() { PathUse::Changes } else { PathUse::Looks };
        Declares {
            file_calls: 1,
            path: Some((&self.path, path_use)),
            file: FileUse::Opens(self.mode),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        if self.mode == OpenMode::Read {
            return self.path.as_str().into();
        }
        let mut table = toml::Table::new();
        table.insert("path".to_owned(), self.path.as_str().into());
        table.insert("mode".to_owned(), self.mode.word().into());
        table.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    if !entry.is_table() {
        return Ok(Arc::new(Open { path: entry.path()?, mode: OpenMode::Read }));
    }
    let fields = entry.fields(&["path", "mode"], "a path, or a table with a path and a mode")?;
    let path = fields.required("path", "add `path = \"{flow}.txt\"`")?.path()?;
    let word = fields.get("mode").map_or(Ok("read"), |mode| mode.word(OpenMode::WORDS))?;
    let mode = OpenMode::from_word(word).unwrap_or(OpenMode::Read);
    Ok(Arc::new(Open { path, mode }))
}
