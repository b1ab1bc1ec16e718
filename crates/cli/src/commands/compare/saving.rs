//! `--save`: where bodies are kept, and what became of that.

use std::fs;
use std::path::{Path, PathBuf};

use whywait_lab::Stage;
use whywait_plan::{Action, Plan};

use crate::failure::Failure;

/// What was kept so far.
#[derive(Debug, Default)]
pub(super) struct Saving {
    kept: Vec<PathBuf>,
    refused: Vec<String>,
}

impl Saving {
    /// Finds out before the runs whether there is anything to keep, and a place for it.
    pub(super) fn check(plan: &Plan, directory: &Path) -> Result<(), Failure> {
        if !saves(plan) {
            return Err(Failure::usage(
                format!("--save keeps what is downloaded, and `{}` saves nothing", plan.name),
                "name URLs with `download --url`, or add `save = true` to the `get` steps",
            ));
        }
        let made = fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
        made.map(drop).map_err(|error| {
            let message =
                format!("--save {}: no file can be made there: {error}", directory.display());
            Failure::usage(message, "name a directory to which you may write")
        })
    }

    /// Takes notice of what the lab tells.
    pub(super) fn note(&mut self, stage: &Stage) {
        match stage {
            Stage::Kept { path } => self.kept.push(path.clone()),
            Stage::NotKept { path, why } => {
                self.refused.push(format!("{} was not saved: {why}", path.display()));
            }
            _ => {}
        }
    }

    /// Says what was kept, on standard error; gives whether everything was.
    pub(super) fn tell(&self) -> bool {
        for path in &self.kept {
            anstream::eprintln!("saved {}", path.display());
        }
        for refusal in &self.refused {
            anstream::eprintln!("{refusal}");
        }
        if self.kept.is_empty() && self.refused.is_empty() {
            anstream::eprintln!("nothing was saved: no model downloaded everything");
        }
        self.refused.is_empty() && !self.kept.is_empty()
    }
}

fn saves(plan: &Plan) -> bool {
    (0..plan.flow_count()).any(|flow| {
        let mut steps = plan.steps_of(flow).iter();
        steps.any(|step| matches!(step.action(flow), Action::Get { save: Some(_), .. }))
    })
}
