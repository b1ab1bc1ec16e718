//! `send = "64 B"` or `send = { … }`: sends on the connection.

use std::sync::Arc;

use crate::content::EXPECTED;
use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::timeout::Timeout;
use crate::{Action, Content, Declares, NetworkUse, Step, StepKind};

/// Sends content on the connection.
#[derive(Debug)]
pub(crate) struct Send {
    content: Content,
    timeout: Timeout,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "send",
    summary: "Sends content on the connection.",
    example: "{ send = \"64 B\" }",
    parse,
};

impl Step for Send {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Send { content: &self.content, timeout: self.timeout.get() }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            network: NetworkUse::Sends(self.content.len() as u64),
            timeout: self.timeout.get(),
            random_bytes: self.content.random_bytes(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.timeout.write(self.content.short_form(), self.content.to_table())
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    if !entry.is_table() {
        let content = Content::from_entry(entry)?;
        return Ok(Arc::new(Send { content, timeout: Timeout::default() }));
    }
    let fields = entry.fields(&[&Content::KEYS[..], &[Timeout::KEY]].concat(), EXPECTED)?;
    let content = Content::from_fields(&fields)?;
    Ok(Arc::new(Send { content, timeout: Timeout::from_fields(&fields)? }))
}
