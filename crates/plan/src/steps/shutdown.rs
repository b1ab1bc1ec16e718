//! `shutdown = true`: ends what the flow sends.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, NetworkUse, Step, StepKind};

/// Ends what the flow sends on the connection; it can still receive.
#[derive(Debug)]
pub(crate) struct Shutdown;

pub(crate) const KIND: StepKind = StepKind {
    name: "shutdown",
    summary: "Ends what the flow sends on the connection; it can still receive.",
    example: "{ shutdown = true }",
    parse,
};

impl Step for Shutdown {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Shutdown
    }

    fn declares(&self) -> Declares<'_> {
        Declares { network: NetworkUse::ShutsDown, ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        true.into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    entry.only_true().map(|()| Arc::new(Shutdown) as _)
}
