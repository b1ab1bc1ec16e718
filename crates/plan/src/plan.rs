//! What to do: independent flows, each a sequence of steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::flow_group::{flow_count, steps_of};
use crate::value_text::value_text;
use crate::{
    Declared, FlowGroup, Peer, PlanError, Step, Traits, directories, document, flow_files,
};

/// What to do: independent flows, each a sequence of steps.
///
/// Flows are independent: running them one after another, all at once, or anything between, in
/// any order, is correct. They are numbered through all groups, from 0; the setup's flows have
/// numbers of their own, from 0 as well.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What people call it.
    pub name: String,
    /// The other ends of the flows' connections, by their names; each is named by a step.
    pub peers: BTreeMap<String, Peer>,
    /// What is run once before the flows, untimed. Its groups are run in order: the flows of one
    /// start when those of the group before it have ended.
    pub setup: Vec<FlowGroup>,
    /// The work itself. The groups' flows are independent of one another too.
    pub flows: Vec<FlowGroup>,
    /// How many flows must be able to advance at once; 1 if any order will do.
    pub needs_concurrency: usize,
    /// The most flows to have in progress at once, over all workers; `None` is all of them.
    pub max_in_flight: Option<usize>,
}

impl Plan {
    /// Reads a plan file; `docs/plan-file.md` describes the format.
    ///
    /// `source_name` is what messages call the file.
    ///
    /// # Errors
    /// When the text is not TOML, or not a plan, or a plan above the [limits](crate::limits).
    /// Every mistake that can be told apart is reported.
    pub fn parse(source_name: &str, text: &str) -> Result<Self, PlanError> {
        document::parse(text).map_err(|mistakes| PlanError::new(source_name, text, mistakes))
    }

    /// The plan as a plan file, in its canonical form: [`parse`](Self::parse) gives the same
    /// plan, and that the same text.
    ///
    /// This holds of every plan that was parsed or is built in. One that was put together by
    /// hand may break the format's rules, and then `parse` says which.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!("name = {}\n", value_text(&self.name.as_str().into()));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "needs_concurrency = {}", self.needs_concurrency);
        if let Some(most) = self.max_in_flight {
            let _ = writeln!(text, "max_in_flight = {most}");
        }
        self.peers.iter().for_each(|(name, peer)| write_peer(&mut text, name, peer));
        self.setup.iter().for_each(|group| write_group(&mut text, "setup", group));
        self.flows.iter().for_each(|group| write_group(&mut text, "flow", group));
        text
    }

    /// How many flows there are, without the setup's.
    #[must_use]
    pub fn flow_count(&self) -> u32 {
        flow_count(&self.flows)
    }

    /// The steps of a flow; none when there is no such flow.
    #[must_use]
    pub fn steps_of(&self, flow: u32) -> &[Arc<dyn Step>] {
        steps_of(&self.flows, flow)
    }

    /// How many flows the setup has.
    #[must_use]
    pub fn setup_count(&self) -> u32 {
        flow_count(&self.setup)
    }

    /// The steps of a flow of the setup; none when there is no such flow.
    #[must_use]
    pub fn setup_steps_of(&self, flow: u32) -> &[Arc<dyn Step>] {
        steps_of(&self.setup, flow)
    }

    /// The directories, relative, that must exist before the setup is run, because steps work in
    /// them and no `mkdir` step makes them.
    ///
    /// Those above a listed one must exist too, as `create_dir_all` sees to. A directory with
    /// `{flow}` in its name is listed once for each of the flows.
    #[must_use]
    pub fn directories(&self) -> BTreeSet<PathBuf> {
        directories::needed(&self.setup, &self.flows)
    }

    /// The most bytes that a run, setup included, has on the disk at any time.
    ///
    /// An upper bound: each file is rounded up to blocks of 4 KiB, and a file that a flow removes
    /// again counts for as many flows as can be in progress. Directories are not counted.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        flow_files::disk_bytes(self)
    }

    /// What the plan is like, by which a model can be chosen. The setup does not count.
    #[must_use]
    pub fn traits(&self) -> Traits {
        Traits::of(self)
    }

    /// The times that the plan's flows declare, by which a run's time can be predicted. The
    /// setup does not count.
    #[must_use]
    pub fn declared(&self) -> Declared {
        Declared::of(self)
    }
}

fn write_peer(text: &mut String, name: &str, peer: &Peer) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n[peer.{name}]");
    for (key, value) in peer.to_fields() {
        let _ = writeln!(text, "{key} = {}", value_text(&value));
    }
}

fn write_group(text: &mut String, kind: &str, group: &FlowGroup) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\n[[{kind}]]\ncount = {}\nsteps = [\n", group.count);
    for step in &group.steps {
        let _ = writeln!(text, "  {{ {} = {} }},", step.name(), value_text(&step.to_value()));
    }
    text.push_str("]\n");
}
