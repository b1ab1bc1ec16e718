//! A step's value that names a peer: `"db"` or `{ peer = "db", timeout = "2 s" }`.

use toml::{Table, Value};

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::timeout::Timeout;

/// A peer's name, and the step's timeout.
#[derive(Clone, Debug)]
pub(crate) struct PeerReference {
    pub(crate) name: String,
    pub(crate) timeout: Timeout,
}

impl PeerReference {
    pub(crate) fn from_entry(entry: Entry<'_>) -> Result<Self, MistakeAt> {
        let expected = "a peer's name such as \"db\", or { peer = \"db\", timeout = \"2 s\" }";
        if !entry.is_table() {
            let name = entry.text(expected)?.to_owned();
            return Ok(Self { name, timeout: Timeout::default() });
        }
        let fields = entry.fields(&["peer", Timeout::KEY], expected)?;
        let name = fields.required("peer", "add `peer = \"db\"`, the name of a [peer.db]")?;
        Ok(Self { name: name.text(expected)?.to_owned(), timeout: Timeout::from_fields(&fields)? })
    }

    pub(crate) fn to_value(&self) -> Value {
        let name = Value::from(self.name.as_str());
        let mut table = Table::new();
        table.insert("peer".to_owned(), name.clone());
        self.timeout.write(Some(name), table)
    }
}
