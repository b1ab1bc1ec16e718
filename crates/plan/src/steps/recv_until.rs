//! `recv_until = "\r\n\r\n"`: receives up to a delimiter.

use std::sync::Arc;

use crate::entry::Entry;
use crate::limits::CONTENT_BYTES_MAX;
use crate::mistake::MistakeAt;
use crate::timeout::Timeout;
use crate::{Action, Declares, NetworkUse, Step, StepKind, size_text};

/// Receives from the connection up to a delimiter, and with it.
#[derive(Debug)]
pub(crate) struct RecvUntil {
    delimiter: String,
    most_bytes: u64,
    timeout: Timeout,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "recv_until",
    summary: "Receives from the connection up to a delimiter, and with it.",
    example: "{ recv_until = \"\\r\\n\\r\\n\" }",
    parse,
};

impl Step for RecvUntil {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::RecvUntil {
            delimiter: self.delimiter.as_bytes(),
            most_bytes: self.most_bytes,
            timeout: self.timeout.get(),
        }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            network: NetworkUse::ReceivesUntil(self.delimiter.as_bytes()),
            timeout: self.timeout.get(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let delimiter = toml::Value::from(self.delimiter.as_str());
        let mut table = toml::Table::new();
        table.insert("delimiter".to_owned(), delimiter.clone());
        let short = (self.most_bytes == MOST_BYTES).then_some(delimiter);
        if short.is_none() {
            table.insert("most".to_owned(), size_text(self.most_bytes).into());
        }
        self.timeout.write(short, table)
    }
}

/// How far a delimiter is looked for unless said: more than servers take for a request's header.
const MOST_BYTES: u64 = 64 << 10;

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    if !entry.is_table() {
        return Ok(Arc::new(RecvUntil {
            delimiter: entry.delimiter()?.to_owned(),
            most_bytes: MOST_BYTES,
            timeout: Timeout::default(),
        }));
    }
    let expected = "a delimiter, or a table such as { delimiter = \"\\r\\n\", most = \"1 KiB\" }";
    let fields = entry.fields(&["delimiter", "most", Timeout::KEY], expected)?;
    let delimiter =
        fields.required("delimiter", "add `delimiter = \"\\r\\n\"`")?.delimiter()?.to_owned();
    let least = delimiter.len() as u64;
    let most_bytes =
        fields.get("most").map_or(Ok(MOST_BYTES), |most| most.size(least, CONTENT_BYTES_MAX))?;
    Ok(Arc::new(RecvUntil { delimiter, most_bytes, timeout: Timeout::from_fields(&fields)? }))
}
