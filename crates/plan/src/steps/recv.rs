//! `recv = "10 KiB"` or `recv = "all"`: receives from the connection.

use std::sync::Arc;

use crate::entry::Entry;
use crate::limits::CONTENT_BYTES_MAX;
use crate::mistake::MistakeAt;
use crate::timeout::Timeout;
use crate::{Action, Amount, Declares, NetworkUse, Step, StepKind, size_text};

/// Receives exactly so many bytes from the connection, or "all" to its end.
#[derive(Debug)]
pub(crate) struct Recv {
    /// To the end if not said.
    bytes: Option<u64>,
    timeout: Timeout,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "recv",
    summary: "Receives exactly so many bytes from the connection, or \"all\" to its end.",
    example: "{ recv = \"10 KiB\" }",
    parse,
};

impl Step for Recv {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Recv { bytes: self.bytes, timeout: self.timeout.get() }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            network: NetworkUse::Receives(self.bytes.map_or(Amount::ToEnd, Amount::Bytes)),
            timeout: self.timeout.get(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let bytes = toml::Value::from(self.bytes.map_or(ALL.to_owned(), size_text));
        let mut table = toml::Table::new();
        table.insert("bytes".to_owned(), bytes.clone());
        self.timeout.write(Some(bytes), table)
    }
}

const ALL: &str = "all";
const BYTES_EXPECTED: &str = "a size such as \"10 KiB\", or \"all\"";

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    if !entry.is_table() {
        return Ok(Arc::new(Recv { bytes: bytes_of(entry)?, timeout: Timeout::default() }));
    }
    let expected = "a size, \"all\", or a table such as { bytes = \"10 KiB\", timeout = \"2 s\" }";
    let fields = entry.fields(&["bytes", Timeout::KEY], expected)?;
    let bytes = fields.required("bytes", "add `bytes = \"10 KiB\"`, or `bytes = \"all\"`")?;
    Ok(Arc::new(Recv { bytes: bytes_of(bytes)?, timeout: Timeout::from_fields(&fields)? }))
}

fn bytes_of(entry: Entry<'_>) -> Result<Option<u64>, MistakeAt> {
    if entry.is_text(ALL) {
        return Ok(None);
    }
    entry.size_or(1, CONTENT_BYTES_MAX, BYTES_EXPECTED).map(Some)
}
