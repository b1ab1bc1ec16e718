//! The plan file: from TOML to a [`Plan`], with every mistake on the way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

use crate::entry::{Entry, Fields};
use crate::limits::{FILE_BYTES_MAX, FLOWS_MAX, NAME_BYTES_MAX, STEPS_MAX};
use crate::mistake::{Mistake, MistakeAt};
use crate::nearest::nearest;
use crate::peer::form::{self, PlacedPeer};
use crate::{FlowGroup, Plan, STEPS, Step, conversation, directories, independence, order};

/// A group as it stands in the file: each step with its place.
pub(crate) struct Group {
    pub(crate) count: u32,
    pub(crate) steps: Vec<PlacedStep>,
}

/// A step, and the bytes of the file where it stands.
pub(crate) type PlacedStep = (Arc<dyn Step>, Range<usize>);

/// Reads a plan, or gives all mistakes that can be told apart.
pub(crate) fn parse(text: &str) -> Result<Plan, Vec<MistakeAt>> {
    if text.len() > FILE_BYTES_MAX {
        let (bytes, most) = (text.len() as u64, FILE_BYTES_MAX as u64);
        return Err(vec![Mistake::FileTooLong { bytes, most }.at(0..0)]);
    }
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![Mistake::Syntax { message: error.message().to_owned() }.at(span)]
    })?;
    let mut reader = Reader::default();
    let plan = reader.plan(&Fields::of_document(&document));
    match plan {
        Some(plan) if reader.mistakes.is_empty() => Ok(plan),
        _ => Err(reader.mistakes),
    }
}

/// Collects mistakes, so that one does not hide the next.
#[derive(Default)]
struct Reader {
    mistakes: Vec<MistakeAt>,
    steps: usize,
}

impl Reader {
    /// The plan, whole only if there is no mistake.
    fn plan(&mut self, document: &Fields<'_>) -> Option<Plan> {
        const KEYS: [&str; 6] =
            ["name", "needs_concurrency", "max_in_flight", "peer", "setup", "flow"];
        self.mistakes.extend(document.unknown_keys(&KEYS));
        let name = self.keep(name(document));
        let peers = self.peers(document.get("peer"));
        let setup = self.groups(document.get("setup"));
        let flows = match document.get("flow") {
            Some(entry) => self.groups(Some(entry)),
            None => self.keep(Err(document.missing("flow", FLOW_ADVICE))),
        };
        let needs_concurrency = self.keep(
            document.get("needs_concurrency").map_or(Ok(1), |entry| entry.integer(1, FLOWS_MAX)),
        );
        let max_in_flight = self.keep(
            document.get("max_in_flight").map(|entry| entry.integer(1, FLOWS_MAX)).transpose(),
        );
        let (setup, flows) = (setup?, flows?);
        let (needs, most) = (needs_concurrency?, max_in_flight?);
        let peers = peers?;
        self.check_together(&peers, &setup, &flows);
        self.keep(check_concurrency(document, needs, most, &flows));
        Some(Plan {
            name: name?,
            peers: peers.into_iter().map(|(name, placed)| (name, placed.peer)).collect(),
            setup: setup.into_iter().map(Group::without_places).collect(),
            flows: flows.into_iter().map(Group::without_places).collect(),
            needs_concurrency: needs as usize,
            max_in_flight: most.map(|most| most as usize),
        })
    }

    fn keep<T>(&mut self, result: Result<T, MistakeAt>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    fn peers(&mut self, entry: Option<Entry<'_>>) -> Option<BTreeMap<String, PlacedPeer>> {
        let Some(entry) = entry else { return Some(BTreeMap::new()) };
        match form::parse_all(entry) {
            Ok(peers) => Some(peers.into_iter().collect()),
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    fn groups(&mut self, entry: Option<Entry<'_>>) -> Option<Vec<Group>> {
        let Some(entry) = entry else { return Some(Vec::new()) };
        let list = self.keep(entry.list("a list of groups: write [[flow]] or [[setup]]"))?;
        if list.len() == 0 {
            return self.keep(Err(entry
                .mistake(Mistake::Empty { key: entry.key().to_owned(), advice: GROUPS_ADVICE })));
        }
        let (groups, mut whole) = (list.map(|group| self.group(group)), true);
        let groups: Vec<Group> =
            groups.inspect(|group| whole &= group.is_some()).flatten().collect();
        let flows: u64 = groups.iter().map(|group| u64::from(group.count)).sum();
        if flows > u64::from(FLOWS_MAX) {
            self.mistakes.push(entry.mistake(Mistake::OutOfRange {
                what: "the number of flows in all groups".to_owned(),
                value: flows.to_string(),
                least: "1".to_owned(),
                most: FLOWS_MAX.to_string(),
            }));
        }
        whole.then_some(groups)
    }

    fn group(&mut self, entry: Entry<'_>) -> Option<Group> {
        let fields = self.keep(entry.any_fields("a table with a count and steps"))?;
        self.mistakes.extend(fields.unknown_keys(&["count", "steps"]));
        let count =
            self.keep(fields.get("count").map_or(Ok(1), |count| count.integer(1, FLOWS_MAX)));
        let list =
            self.keep(fields.get("steps").ok_or_else(|| fields.missing("steps", STEPS_ADVICE)))?;
        let steps = self.steps(list)?;
        self.keep(order::check(&steps))?;
        Some(Group { count: count?, steps })
    }

    fn steps(&mut self, entry: Entry<'_>) -> Option<Vec<PlacedStep>> {
        let list =
            self.keep(entry.list("a list of steps, each a table: [ { sleep = \"5 ms\" } ]"))?;
        self.keep(check_step_count(&entry, self.steps, list.len()))?;
        self.steps += list.len();
        let read = list.map(|step| self.keep(step_of(step)).map(|read| (read, step.span())));
        // Every step is read before the first mistake ends it, so that all are reported.
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// What can be wrong between groups, which is told only of a plan that is right otherwise.
    fn check_together(
        &mut self,
        peers: &BTreeMap<String, PlacedPeer>,
        setup: &[Group],
        flows: &[Group],
    ) {
        if !self.mistakes.is_empty() {
            return;
        }
        for group in setup {
            self.mistakes.extend(independence::check(std::slice::from_ref(group)));
        }
        self.mistakes.extend(independence::check(flows));
        self.mistakes.extend(conversation::check(peers, &[setup, flows]));
        if self.mistakes.is_empty() {
            self.keep(directories::check(setup, flows));
        }
    }
}

impl Group {
    fn without_places(self) -> FlowGroup {
        let steps = self.steps.into_iter().map(|(step, _)| step).collect();
        FlowGroup { count: self.count, steps }
    }
}

const FLOW_ADVICE: &str = "write [[flow]] with `steps = [ … ]`; a plan has one flow at least";
const GROUPS_ADVICE: &str = "write its groups as [[flow]] or [[setup]], each with `steps = [ … ]`";
const STEPS_ADVICE: &str = "add `steps = [ { create = \"{flow}.txt\" }, { write = \"10 KiB\" } ]`";

fn name(document: &Fields<'_>) -> Result<String, MistakeAt> {
    let entry = document
        .get("name")
        .ok_or_else(|| document.missing("name", "add `name = \"what the plan does\"`"))?;
    let name = entry.text("text in quotes")?;
    let characters = "a name is shown on one line: leave control characters out";
    if name.trim().is_empty() {
        return Err(entry.mistake(Mistake::Empty {
            key: "name".to_owned(),
            advice: "say in a few words what the plan does",
        }));
    }
    if name.chars().any(char::is_control) {
        let what = "`name` has a control character".to_owned();
        return Err(entry.mistake(Mistake::Contradiction { what, advice: characters }));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(entry.mistake(Mistake::OutOfRange {
            what: "the length of `name` in bytes".to_owned(),
            value: name.len().to_string(),
            least: "1".to_owned(),
            most: NAME_BYTES_MAX.to_string(),
        }));
    }
    Ok(name.to_owned())
}

fn check_step_count(entry: &Entry<'_>, before: usize, count: usize) -> Result<(), MistakeAt> {
    if count == 0 {
        return Err(entry.mistake(Mistake::Empty { key: "steps".to_owned(), advice: STEPS_ADVICE }));
    }
    if before + count > STEPS_MAX {
        return Err(entry.mistake(Mistake::OutOfRange {
            what: "the number of steps in the file".to_owned(),
            value: (before + count).to_string(),
            least: "1".to_owned(),
            most: STEPS_MAX.to_string(),
        }));
    }
    Ok(())
}

fn step_of(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    let table = entry.table("a list of tables, one for each step: { write = \"10 KiB\" }")?;
    let mut keys = table.iter();
    let (Some((key, value)), None) = (keys.next(), keys.next()) else {
        let mut keys: Vec<_> = table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        let keys = keys.into_iter().map(|key| key.get_ref().to_string()).collect();
        return Err(entry.mistake(Mistake::NotOneKey { keys }));
    };
    let name = key.get_ref().as_ref();
    let kind = STEPS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<_> = STEPS.iter().map(|kind| kind.name).collect();
        let nearest = nearest(name, known.iter().copied());
        Mistake::UnknownStep { name: name.to_owned(), known, nearest }.at(key.span())
    })?;
    (kind.parse)(Entry::new(name, value))
}

fn check_concurrency(
    document: &Fields<'_>,
    needs: u32,
    most: Option<u32>,
    flows: &[Group],
) -> Result<(), MistakeAt> {
    let Some(entry) = document.get("needs_concurrency") else { return Ok(()) };
    let count: u64 = flows.iter().map(|group| u64::from(group.count)).sum();
    let contradiction = |what| {
        let advice = "a plan needs at most as many flows at once as there are and may be";
        Err(entry.mistake(Mistake::Contradiction { what, advice }))
    };
    match most {
        _ if u64::from(needs) > count => {
            contradiction(format!("`needs_concurrency` is {needs}, and there are {count} flows"))
        }
        Some(most) if needs > most => {
            contradiction(format!("`needs_concurrency` is {needs}, and `max_in_flight` {most}"))
        }
        _ => Ok(()),
    }
}
