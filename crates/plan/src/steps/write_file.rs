//! `write_file = { path, size, … }`: writes a whole file as one operation.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Content, Declares, PathTemplate, PathUse, Step, StepKind};

/// Makes or empties a file, writes content and closes it, as one operation.
#[derive(Debug)]
pub(crate) struct WriteFile {
    path: PathTemplate,
    content: Content,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "write_file",
    summary: "Makes or empties a file, writes content and closes it, as one operation.",
    example: "{ write_file = { path = \"{flow}.txt\", lines = 100, line_length = 100 } }",
    parse,
};

impl WriteFile {
    pub(crate) fn new(path: PathTemplate, content: Content) -> Self {
        Self { path, content }
    }
}

impl Step for WriteFile {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        Action::WriteFile { path: self.path.expand(flow), content: &self.content }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            file_calls: 3,
            path: Some((&self.path, PathUse::Creates)),
            writes: self.content.len() as u64,
            random_bytes: self.content.random_bytes(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let mut table = self.content.to_table();
        table.insert("path".to_owned(), self.path.as_str().into());
        table.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    let expected = "a table such as { path = \"{flow}.txt\", size = \"10 KiB\" }";
    let fields = entry.fields(&[&["path"], &Content::KEYS[..]].concat(), expected)?;
    let path = fields.required("path", "add `path = \"{flow}.txt\"`")?.path()?;
    Ok(Arc::new(WriteFile { path, content: Content::from_fields(&fields)? }))
}
