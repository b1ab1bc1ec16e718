//! How a peer is written in a plan file: `[peer.NAME]`.

use std::ops::Range;
use std::time::Duration;

use toml::Value;

use super::{Fault, Peer, Protocol, Reply, Request, Transport};
use crate::entry::{Entry, Fields};
use crate::limits::{
    BANDWIDTH_BYTES_PER_S_MAX, CONTENT_BYTES_MAX, DATAGRAM_BYTES_MAX, PEER_NAME_BYTES_MAX,
    PEERS_MAX,
};
use crate::mistake::{Mistake, MistakeAt};
use crate::{Content, duration_text, size_text};

/// A peer as it stands in the file: with the place of its name.
pub(crate) struct PlacedPeer {
    pub(crate) peer: Peer,
    pub(crate) span: Range<usize>,
}

/// Reads the table of all peers; a mistake for each that is wrong.
pub(crate) fn parse_all(entry: Entry<'_>) -> Result<Vec<(String, PlacedPeer)>, Vec<MistakeAt>> {
    let table = entry.table(ALL_EXPECTED).map_err(|mistake| vec![mistake])?;
    if table.len() > PEERS_MAX {
        return Err(vec![entry.mistake(Mistake::OutOfRange {
            what: "the number of peers".to_owned(),
            value: table.len().to_string(),
            least: "0".to_owned(),
            most: PEERS_MAX.to_string(),
        })]);
    }
    let (mut peers, mut mistakes) = (Vec::new(), Vec::new());
    for (key, value) in table {
        let (name, span) = (key.get_ref().as_ref(), key.span());
        let peer = check_name(name)
            .map_err(|mistake| mistake.at(span.clone()))
            .and_then(|()| parse(Entry::new(name, value)));
        match peer {
            Ok(peer) => peers.push((name.to_owned(), PlacedPeer { peer, span })),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(peers) } else { Err(mistakes) }
}

impl Peer {
    /// The keys of the peer's table, without those that say what is so anyway.
    pub(crate) fn to_fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Vec::new();
        let mut add = |key, value: Value| fields.push((key, value));
        if self.transport != Transport::default() {
            add("transport", self.transport.word().into());
        }
        if self.protocol != Protocol::default() {
            add("protocol", self.protocol.word().into());
        }
        match &self.request {
            Some(Request::Content(content)) => add("request", content.to_value()),
            Some(Request::Until(delimiter)) => {
                let mut table = toml::Table::new();
                table.insert("until".to_owned(), delimiter.as_str().into());
                add("request", table.into());
            }
            None => {}
        }
        if !self.delay.is_zero() {
            add("delay", duration_text(self.delay).into());
        }
        if let Reply::Content(content) = &self.reply {
            add("reply", content.to_value());
        }
        if let Some(bytes) = self.bandwidth_bytes_per_s {
            add("bandwidth", size_text(bytes).into());
        }
        match self.fault {
            Some(Fault::ResetAfter(bytes)) => add("reset_after", size_text(bytes).into()),
            Some(Fault::CloseAfter(bytes)) => add("close_after", size_text(bytes).into()),
            Some(Fault::StallAfter(0)) => add("stall", true.into()),
            Some(Fault::StallAfter(bytes)) => add("stall_after", size_text(bytes).into()),
            None => {}
        }
        fields
    }
}

const ALL_EXPECTED: &str = "a table for each peer: write [peer.db]";
const EXPECTED: &str = "a table such as [peer.db] with `delay = \"5 ms\"` and `reply = \"10 KiB\"`";
const FAULTS: [&str; 4] = ["reset_after", "close_after", "stall_after", "stall"];

fn check_name(name: &str) -> Result<(), Mistake> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if (1..=PEER_NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(Mistake::Contradiction {
        what: format!("a peer cannot be called {name:?}"),
        advice: "a name is 1 to 64 letters, digits, `-` and `_`",
    })
}

fn parse(entry: Entry<'_>) -> Result<Peer, MistakeAt> {
    let keys = ["transport", "protocol", "request", "delay", "reply", "bandwidth"];
    let fields = entry.fields(&[&keys[..], &FAULTS].concat(), EXPECTED)?;
    let word = |key, words, default| match fields.get(key) {
        Some(entry) => entry.word(words),
        None => Ok(default),
    };
    let transport = word("transport", Transport::WORDS, "tcp")?;
    let protocol = word("protocol", Protocol::WORDS, "bytes")?;
    let peer = Peer {
        transport: Transport::from_word(transport).unwrap_or_default(),
        protocol: Protocol::from_word(protocol).unwrap_or_default(),
        request: fields.get("request").map(request).transpose()?,
        delay: fields.get("delay").map_or(Ok(Duration::ZERO), |delay| delay.duration())?,
        reply: fields.get("reply").map_or(Ok(Reply::Echo), reply)?,
        bandwidth_bytes_per_s: fields
            .get("bandwidth")
            .map(|entry| entry.size(1, BANDWIDTH_BYTES_PER_S_MAX))
            .transpose()?,
        fault: fault(&fields)?,
    };
    check_transport(&fields, &peer)?;
    check_protocol(&fields, &peer)?;
    Ok(peer)
}

fn request(entry: Entry<'_>) -> Result<Request, MistakeAt> {
    let until = entry.is_table() && entry.table(EXPECTED)?.contains_key("until");
    if until {
        let fields = entry.fields(&["until"], "{ until = \"\\r\\n\" }")?;
        let delimiter = fields.required("until", "add `until = \"\\r\\n\"`")?.delimiter()?;
        return Ok(Request::Until(delimiter.to_owned()));
    }
    let content = Content::from_entry(entry)?;
    if content.len() == 0 {
        let most = size_text(CONTENT_BYTES_MAX);
        return Err(entry.mistake(Mistake::OutOfRange {
            what: "the size of a request".to_owned(),
            value: size_text(0),
            least: size_text(1),
            most,
        }));
    }
    Ok(Request::Content(content))
}

fn reply(entry: Entry<'_>) -> Result<Reply, MistakeAt> {
    if entry.is_text("echo") {
        return Ok(Reply::Echo);
    }
    Content::from_entry(entry).map(Reply::Content)
}

fn fault(fields: &Fields<'_>) -> Result<Option<Fault>, MistakeAt> {
    let mut said = FAULTS.iter().filter_map(|key| fields.get(key));
    let Some(entry) = said.next() else { return Ok(None) };
    if let Some(other) = said.next() {
        return Err(other.mistake(Mistake::Contradiction {
            what: format!(
                "a peer has one fault, and here are `{}` and `{}`",
                entry.key(),
                other.key()
            ),
            advice: "leave one out, or describe two peers",
        }));
    }
    let bytes = || entry.size(0, CONTENT_BYTES_MAX);
    let fault = match entry.key() {
        "reset_after" => Fault::ResetAfter(bytes()?),
        "close_after" => Fault::CloseAfter(bytes()?),
        "stall_after" => Fault::StallAfter(bytes()?),
        _ => entry.only_true().map(|()| Fault::StallAfter(0))?,
    };
    Ok(Some(fault))
}

/// What a transport cannot do.
fn check_transport(fields: &Fields<'_>, peer: &Peer) -> Result<(), MistakeAt> {
    let refused = |key, why: &str, advice| match fields.get(key) {
        None => Ok(()),
        Some(entry) => {
            let what = format!("`{key}` makes no sense over {}: {why}", peer.transport.word());
            Err(entry.mistake(Mistake::Contradiction { what, advice }))
        }
    };
    let tcp = "leave it out, or use `transport = \"tcp\"`";
    match peer.transport {
        Transport::Tcp => Ok(()),
        Transport::Unix => {
            refused("reset_after", "a Unix socket has no reset", "use `close_after`, or tcp")
        }
        Transport::Udp => {
            refused("request", "each datagram is one", "leave it out")?;
            refused("reset_after", "there is no connection", tcp)?;
            refused("close_after", "there is no connection", tcp)?;
            check_datagram(fields, &peer.reply)
        }
    }
}

fn check_datagram(fields: &Fields<'_>, reply: &Reply) -> Result<(), MistakeAt> {
    match (fields.get("reply"), reply) {
        (Some(entry), Reply::Content(content)) if content.len() as u64 > DATAGRAM_BYTES_MAX => {
            Err(entry.mistake(Mistake::OutOfRange {
                what: "a reply that is one datagram".to_owned(),
                value: size_text(content.len() as u64),
                least: size_text(0),
                most: size_text(DATAGRAM_BYTES_MAX),
            }))
        }
        _ => Ok(()),
    }
}

/// What makes no sense for a peer that speaks HTTP, or that gives back what it gets.
fn check_protocol(fields: &Fields<'_>, peer: &Peer) -> Result<(), MistakeAt> {
    let refuse = |entry: Entry<'_>, what: &str, advice| {
        Err(entry.mistake(Mistake::Contradiction { what: what.to_owned(), advice }))
    };
    match (peer.protocol, &peer.reply) {
        (Protocol::Bytes, _) => Ok(()),
        (Protocol::Http, _) if peer.transport != Transport::Tcp => {
            let Some(entry) = fields.get("transport") else { return Ok(()) };
            refuse(entry, "a peer speaks http over tcp only", "leave `transport` out")
        }
        (Protocol::Http, Reply::Echo) => match fields.get("reply") {
            Some(entry) => refuse(entry, "a peer that speaks http cannot echo", HTTP_REPLY),
            None => Err(fields.missing("reply", HTTP_REPLY)),
        },
        (Protocol::Http, Reply::Content(_)) => {
            if let Some(entry) = fields.get("request") {
                let what = "a peer that speaks http knows what a request is";
                return refuse(entry, what, "leave `request` out");
            }
            let Some(entry) = fields.get("reply").filter(Entry::is_table) else { return Ok(()) };
            let what = "a body over http depends on the path that is asked for";
            refuse(entry, what, HTTP_REPLY)
        }
    }
}

const HTTP_REPLY: &str = "say how long the body is: `reply = \"10 KiB\"`";
