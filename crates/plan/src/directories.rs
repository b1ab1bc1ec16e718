//! The directories in which a plan works, and who makes them.
//!
//! A directory that no `mkdir` step makes has to be there before the plan is run. Within one
//! that a step does make, everything is for steps to make: it cannot be there before.
//!
//! Paths are compared as they are written, before `{flow}` is put in. A setup that makes
//! `dir_{flow}` for fewer numbers than the flows have is not found here; the flow that misses
//! its directory fails and names it.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use crate::document::Group;
use crate::flow_group::numbered;
use crate::mistake::{Mistake, MistakeAt};
use crate::{FlowGroup, PathTemplate, PathUse, Step};

/// The directories that no step makes, with `{flow}` put in.
pub(crate) fn needed(setup: &[FlowGroup], flows: &[FlowGroup]) -> BTreeSet<PathBuf> {
    let nothing = Directories::default();
    let mut of_setup = Directories::default();
    let mut needed = BTreeSet::new();
    for (numbers, group) in numbered(setup) {
        let mut fresh = Vec::new();
        for step in &group.steps {
            // A step that cannot work was refused when the plan was parsed.
            fresh.extend(of_setup.follow(step.as_ref(), &nothing).ok().flatten());
        }
        expand(&fresh, numbers, &mut needed);
    }
    for (numbers, group) in numbered(flows) {
        let mut of_flow = Directories::default();
        let mut fresh = Vec::new();
        for step in &group.steps {
            fresh.extend(of_flow.follow(step.as_ref(), &of_setup).ok().flatten());
        }
        expand(&fresh, numbers, &mut needed);
    }
    needed
}

/// The first step, if any, whose directory cannot be there, or is there too early.
pub(crate) fn check(setup: &[Group], flows: &[Group]) -> Result<(), MistakeAt> {
    let nothing = Directories::default();
    let mut of_setup = Directories::default();
    for group in setup {
        of_setup.check(group, &nothing)?;
    }
    flows.iter().try_for_each(|group| Directories::default().check(group, &of_setup))
}

/// The directories that steps have used so far.
#[derive(Default)]
struct Directories {
    /// Made by a step.
    made: HashSet<PathTemplate>,
    /// There before the plan is run.
    given: HashSet<PathTemplate>,
}

impl Directories {
    fn check(&mut self, group: &Group, before: &Self) -> Result<(), MistakeAt> {
        for (step, span) in &group.steps {
            self.follow(step.as_ref(), before).map_err(|mistake| mistake.at(span.clone()))?;
        }
        Ok(())
    }

    /// Goes on with a step, after all that is in `before`. Gives the innermost directory, if
    /// any, that must be there before the plan is run for the step to work.
    fn follow(&mut self, step: &dyn Step, before: &Self) -> Result<Option<PathTemplate>, Mistake> {
        let Some((path, path_use)) = step.declares().path else { return Ok(None) };
        let mut within = None;
        let mut needed = None;
        for directory in path.ancestors() {
            if self.made.contains(&directory) || before.made.contains(&directory) {
                within = Some(directory);
            } else if let Some(within) = &within {
                let (directory, within) = (directory.to_string(), within.to_string());
                return Err(Mistake::MissingDirectory { directory, within });
            } else {
                self.given.insert(directory.clone());
                needed = Some(directory);
            }
        }
        if path_use == PathUse::MakesDirectory {
            if self.given.contains(path) || before.given.contains(path) {
                return Err(Mistake::DirectoryExists { directory: path.to_string() });
            }
            self.made.insert(path.clone());
        }
        Ok(needed)
    }
}

fn expand(directories: &[PathTemplate], flows: std::ops::Range<u32>, into: &mut BTreeSet<PathBuf>) {
    for directory in directories.iter().collect::<BTreeSet<_>>() {
        if directory.is_per_flow() {
            into.extend(flows.clone().map(|flow| directory.expand(flow)));
        } else {
            into.insert(directory.expand(0));
        }
    }
}
