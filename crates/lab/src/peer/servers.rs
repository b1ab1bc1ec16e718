//! The thread on which a plan's peers are, and its life.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use whywait::{Model, Runtime};
use whywait_plan::{NetworkUse, Peer, Plan, Protocol, Transport};

use super::conversation::converse;
use super::emulated::Emulated;
use super::ending::Ending;
use super::invitation::Invitation;
use super::listening::listen;
use super::visit::visit;
use super::{PeerAddress, PeerAddresses, datagrams, origin};
use crate::connection::Listener;

/// A plan's peers, which are there until this is dropped: then their connections close and their
/// thread ends.
pub(crate) struct PeerServers {
    addresses: PeerAddresses,
    ending: Arc<Ending>,
    thread: Option<JoinHandle<()>>,
}

/// A plan's peers could not be started.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// One could not listen.
    #[error("the peer `{peer}` cannot listen on this machine's loopback address: {source}")]
    Listen {
        /// Its name in the plan.
        peer: String,
        /// What the system said.
        source: io::Error,
    },
    /// The thread on which they are could not begin.
    #[error("the plan's peers could not be started: {0}")]
    Thread(String),
}

impl PeerServers {
    /// Starts the peers of `plan`; nothing is started when it has none.
    pub(crate) fn start(plan: &Plan) -> Result<Self, PeerError> {
        let ending = Arc::new(Ending::default());
        if plan.peers.is_empty() {
            return Ok(Self { addresses: PeerAddresses::default(), ending, thread: None });
        }
        let peers = plan.peers.clone();
        let invites = invites(plan);
        let (tell, told) = mpsc::channel();
        let asked = Arc::clone(&ending);
        let thread = thread::Builder::new()
            .name("whywait-peers".into())
            .spawn(move || serve(peers, invites, &tell, &asked))
            .map_err(|error| PeerError::Thread(error.to_string()))?;
        let ended = || Err(PeerError::Thread("their thread ended".into()));
        // From here on the thread is ended whatever happens.
        let mut servers =
            Self { addresses: PeerAddresses::default(), ending, thread: Some(thread) };
        servers.addresses = told.recv().unwrap_or_else(|_| ended())?;
        Ok(servers)
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> &PeerAddresses {
        &self.addresses
    }
}

impl Drop for PeerServers {
    fn drop(&mut self) {
        self.ending.ask();
        if let Some(thread) = self.thread.take() {
            // A panic there was told by its own message.
            let _ = thread.join();
        }
    }
}

/// Whether flows say that a peer is to come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Invites {
    Some,
    None,
}

fn invites(plan: &Plan) -> Invites {
    let mut steps = plan.setup.iter().chain(&plan.flows).flat_map(|group| &group.steps);
    let any = steps.any(|step| matches!(step.declares().network, NetworkUse::Accepts(_)));
    if any { Invites::Some } else { Invites::None }
}

type Told = Result<PeerAddresses, PeerError>;

fn serve(
    peers: BTreeMap<String, Peer>,
    invites: Invites,
    tell: &mpsc::Sender<Told>,
    ending: &Ending,
) {
    let model: Model = "epoll".parse().expect("a row of the table of models");
    let ended = Runtime::new(model).and_then(|runtime| {
        runtime.try_block_on(async {
            let addresses = open(peers, invites).await;
            let is_open = addresses.is_ok();
            if tell.send(addresses).is_ok() && is_open {
                ending.asked().await;
            }
        })
    });
    if let Err(error) = ended {
        // Nobody listens any more when it went wrong later; flows see that their peers are gone.
        let _ = tell.send(Err(PeerError::Thread(error.to_string())));
    }
}

async fn open(peers: BTreeMap<String, Peer>, invites: Invites) -> Told {
    let mut addresses = PeerAddresses::default();
    let mut known = BTreeMap::new();
    for (name, peer) in peers {
        let peer = Rc::new(Emulated::new(peer));
        let address = open_one(Rc::clone(&peer)).await;
        let address = address.map_err(|source| PeerError::Listen { peer: name.clone(), source })?;
        addresses.peers.insert(name.clone(), address);
        known.insert(name, peer);
    }
    if invites == Invites::Some {
        let address = accept_invitations(known).await;
        let listening = |source| PeerError::Thread(format!("cannot take invitations: {source}"));
        addresses.invitations = Some(address.map_err(listening)?);
    }
    Ok(addresses)
}

async fn open_one(peer: Rc<Emulated>) -> io::Result<PeerAddress> {
    let listener = match peer.peer.transport {
        Transport::Tcp => Listener::tcp().await?,
        Transport::Unix => Listener::unix().await?,
        Transport::Udp => return datagrams::answer(peer).await,
    };
    listen(listener, move |connection| {
        let peer = Rc::clone(&peer);
        async move {
            // What goes wrong on a connection the flow sees at its own end.
            let _ = match peer.peer.protocol {
                Protocol::Bytes => converse(connection, &peer).await,
                Protocol::Http => origin::serve(connection, &peer.peer).await,
            };
        }
    })
}

async fn accept_invitations(peers: BTreeMap<String, Rc<Emulated>>) -> io::Result<PeerAddress> {
    let peers = Rc::new(peers);
    listen(Listener::tcp().await?, move |connection| {
        let peers = Rc::clone(&peers);
        async move {
            let Some(invitation) = Invitation::read(&connection).await else { return };
            drop(connection);
            if let Some(peer) = peers.get(&invitation.peer) {
                // As above.
                let _ = visit(&invitation.address, peer).await;
            }
        }
    })
}
