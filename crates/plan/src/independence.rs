//! Flows must be independent: what one of them changes, no other uses.
//!
//! Compared are paths without `{flow}`, and the directories above them. Two different templates
//! that come to the same path for two flows (`a{flow}` and `a1{flow}`, or `a{flow}` and `a7`)
//! are not found; the run's comparison of results would show them.

use std::collections::HashMap;
use std::ops::Range;

use crate::document::Group;
use crate::mistake::{Mistake, MistakeAt};
use crate::{PathTemplate, PathUse};

/// The mistakes of groups whose flows can run in any order.
pub(crate) fn check(groups: &[Group]) -> Vec<MistakeAt> {
    let mut uses: HashMap<PathTemplate, Uses> = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        for (step, span) in &group.steps {
            let Some((path, path_use)) = step.declares().path else { continue };
            for directory in path.ancestors() {
                note(&mut uses, directory, PathUse::Looks, index, span);
            }
            note(&mut uses, path.clone(), path_use, index, span);
        }
    }
    uses.iter().filter_map(|(path, uses)| uses.mistake(path, groups)).collect()
}

/// Who uses a path.
#[derive(Default)]
struct Uses {
    /// The groups, each once, in order.
    groups: Vec<usize>,
    /// The first step that changes what the path names, and its group.
    change: Option<(usize, Range<usize>)>,
}

impl Uses {
    fn mistake(&self, path: &PathTemplate, groups: &[Group]) -> Option<MistakeAt> {
        let (changer, span) = self.change.clone()?;
        let users = match (groups[changer].count, self.groups.len()) {
            (1, 1) => return None,
            (1, groups) => format!("{groups} groups of flows"),
            (flows, _) => format!("{flows} flows"),
        };
        Some(Mistake::SharedPath { path: path.to_string(), users }.at(span))
    }
}

fn note(
    uses: &mut HashMap<PathTemplate, Uses>,
    path: PathTemplate,
    path_use: PathUse,
    group: usize,
    span: &Range<usize>,
) {
    if path.is_per_flow() {
        return;
    }
    let uses = uses.entry(path).or_default();
    if uses.groups.last() != Some(&group) {
        uses.groups.push(group);
    }
    if path_use.changes() && uses.change.is_none() {
        uses.change = Some((group, span.clone()));
    }
}
