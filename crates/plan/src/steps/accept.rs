//! `accept = "client"`: takes the connection of a peer that comes.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::peer_reference::PeerReference;
use crate::{Action, Declares, NetworkUse, Step, StepKind};

/// Listens, has a peer come, and takes its connection.
#[derive(Debug)]
pub(crate) struct Accept {
    peer: PeerReference,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "accept",
    summary: "Listens, has a peer come, and takes its connection.",
    example: "{ accept = \"client\" }",
    parse,
};

impl Step for Accept {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Accept { peer: &self.peer.name, timeout: self.peer.timeout.get() }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            network: NetworkUse::Accepts(&self.peer.name),
            timeout: self.peer.timeout.get(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.peer.to_value()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Accept { peer: PeerReference::from_entry(entry)? }))
}
