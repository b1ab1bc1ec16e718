//! `connect = "db"`: connects to a peer.

use std::sync::Arc;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::peer_reference::PeerReference;
use crate::{Action, Declares, NetworkUse, Step, StepKind};

/// Connects to a peer, which is there.
#[derive(Debug)]
pub(crate) struct Connect {
    peer: PeerReference,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "connect",
    summary: "Connects to a peer, which is there.",
    example: "{ connect = \"db\" }",
    parse,
};

impl Step for Connect {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Connect { peer: &self.peer.name, timeout: self.peer.timeout.get() }
    }

    fn declares(&self) -> Declares<'_> {
        Declares {
            network: NetworkUse::Connects(&self.peer.name),
            timeout: self.peer.timeout.get(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        self.peer.to_value()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Connect { peer: PeerReference::from_entry(entry)? }))
}
