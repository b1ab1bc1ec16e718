//! A flow's dealings with peers: whether each step can work, and how long it waits.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::connection::{Connection, Exchange, Role};
use crate::document::Group;
use crate::mistake::{Mistake, MistakeAt};
use crate::nearest::nearest;
use crate::peer::form::PlacedPeer;
use crate::{Amount, Declares, NetworkUse, Peer, Protocol, Reply, Request, Transport};

/// What is wrong with how flows and peers go together: of each group the first mistake, and the
/// peers that nobody uses.
pub(crate) fn check(peers: &BTreeMap<String, PlacedPeer>, parts: &[&[Group]]) -> Vec<MistakeAt> {
    let plain = peers.iter().map(|(name, placed)| (name.clone(), placed.peer.clone())).collect();
    let mut roles = Roles::default();
    let mut mistakes = Vec::new();
    for group in parts.iter().copied().flatten() {
        mistakes.extend(check_group(&plain, group, &mut roles).err());
    }
    for (name, placed) in peers {
        if mistakes.is_empty() && !roles.contains_key(name) {
            mistakes.push(Mistake::UnusedPeer { name: name.clone() }.at(placed.span.clone()));
        }
    }
    mistakes
}

/// Which of a flow and a peer connects, by the peer's name.
type Roles = HashMap<String, Role>;

fn check_group(
    peers: &BTreeMap<String, Peer>,
    group: &Group,
    roles: &mut Roles,
) -> Result<(), MistakeAt> {
    let mut conversation = Conversation::new(peers);
    for (step, span) in &group.steps {
        let at = |mistake: Mistake| mistake.at(span.clone());
        let declares = step.declares();
        conversation.follow(step.name(), &declares).map_err(at)?;
        let (name, role) = match declares.network {
            NetworkUse::Connects(name) | NetworkUse::Gets(Some(name)) => (name, Role::There),
            NetworkUse::Accepts(name) => (name, Role::Comes),
            _ => continue,
        };
        if *roles.entry(name.to_owned()).or_insert(role) != role {
            return Err(at(Mistake::Contradiction {
                what: format!("the peer `{name}` comes to one step and is there for another"),
                advice: "describe two peers",
            }));
        }
    }
    Ok(())
}

/// A flow's dealings with peers, step after step.
pub(crate) struct Conversation<'p> {
    peers: &'p BTreeMap<String, Peer>,
    connection: Option<Connection<'p>>,
    /// The least that the steps so far take.
    now: Duration,
}

impl<'p> Conversation<'p> {
    pub(crate) fn new(peers: &'p BTreeMap<String, Peer>) -> Self {
        Self { peers, connection: None, now: Duration::ZERO }
    }

    /// Goes on with a step of this name, if it can work.
    pub(crate) fn follow(
        &mut self,
        step: &'static str,
        declares: &Declares<'_>,
    ) -> Result<Exchange, Mistake> {
        let exchange = self.exchange(step, declares)?;
        for taken in [declares.sleep, declares.cpu, exchange.wait] {
            self.now = self.now.saturating_add(taken);
        }
        Ok(exchange)
    }

    fn exchange(
        &mut self,
        step: &'static str,
        declares: &Declares<'_>,
    ) -> Result<Exchange, Mistake> {
        let (now, timeout) = (self.now, declares.timeout);
        match declares.network {
            NetworkUse::Untouched => Ok(Exchange::default()),
            NetworkUse::Gets(None) => Ok(Exchange::default()),
            NetworkUse::Gets(Some(name)) => {
                let (name, peer) = self.peer(name)?;
                check_http(name, peer)?;
                let mut request = Connection::new(name, peer, Role::There, now);
                request.send(1)?;
                let Reply::Content(reply) = &peer.reply else { return Ok(Exchange::default()) };
                let exchange = request.receive(Amount::Bytes(reply.len() as u64), timeout)?;
                Ok(Exchange { sent: 0, ..exchange })
            }
            NetworkUse::Connects(name) => {
                let (name, peer) = self.peer(name)?;
                check_there(name, peer)?;
                self.connection = Some(Connection::new(name, peer, Role::There, now));
                Ok(Exchange::default())
            }
            NetworkUse::Accepts(name) => {
                let (name, peer) = self.peer(name)?;
                check_comes(name, peer)?;
                self.connection = Some(Connection::new(name, peer, Role::Comes, now));
                Ok(Exchange::default())
            }
            NetworkUse::Sends(bytes) => self.connection(step)?.send(bytes),
            NetworkUse::Receives(amount) => self.connection(step)?.receive(amount, timeout),
            NetworkUse::ReceivesUntil(delimiter) => {
                self.connection(step)?.receive_until(delimiter, timeout)
            }
            NetworkUse::ShutsDown => self.connection(step)?.shutdown(),
        }
    }

    fn connection(&mut self, step: &'static str) -> Result<&mut Connection<'p>, Mistake> {
        let connection = self.connection.as_mut().ok_or(Mistake::NoConnection { step })?;
        Ok(connection.at(self.now))
    }

    fn peer(&self, name: &str) -> Result<(&'p str, &'p Peer), Mistake> {
        let found = self.peers.get_key_value(name).map(|(name, peer)| (name.as_str(), peer));
        found.ok_or_else(|| {
            let known: Vec<_> = self.peers.keys().cloned().collect();
            let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            Mistake::UnknownPeer { name: name.to_owned(), known, nearest }
        })
    }
}

/// Whether a peer can be asked by `get`.
fn check_http(name: &str, peer: &Peer) -> Result<(), Mistake> {
    match peer.protocol {
        Protocol::Http => Ok(()),
        Protocol::Bytes => Err(unusable(
            format!("`get` asks by HTTP, and the peer `{name}` does not speak it"),
            "add `protocol = \"http\"` to the peer, or use `connect`, `send` and `recv`",
        )),
    }
}

/// Whether a flow can connect to a peer and speak with it byte by byte.
fn check_there(name: &str, peer: &Peer) -> Result<(), Mistake> {
    match peer.protocol {
        Protocol::Bytes => Ok(()),
        Protocol::Http => Err(unusable(
            format!("the peer `{name}` speaks HTTP, which `connect` does not"),
            "use `get`, or leave `protocol` out of the peer",
        )),
    }
}

/// Whether a peer can come to a flow.
fn check_comes(name: &str, peer: &Peer) -> Result<(), Mistake> {
    if peer.transport != Transport::Tcp {
        let what = format!(
            "a flow accepts over tcp only, and `{name}` is a {} peer",
            peer.transport.word()
        );
        return Err(unusable(what, "leave `transport` out of the peer"));
    }
    check_there(name, peer)?;
    if let Some(Request::Until(_)) = peer.request {
        return Err(unusable(
            format!("`{name}` comes with its request, which has to say more than where it ends"),
            "say what it sends: `request = { text = \"GET / HTTP/1.1\\r\\n\\r\\n\" }`, or a size",
        ));
    }
    match peer.reply {
        Reply::Echo => Ok(()),
        Reply::Content(_) => Err(unusable(
            format!("`{name}` comes with a request, and replies nothing"),
            "leave `reply` out; what a peer that comes sends is its `request`",
        )),
    }
}

fn unusable(what: String, advice: &'static str) -> Mistake {
    Mistake::Contradiction { what, advice }
}
