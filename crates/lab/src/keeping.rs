//! Keeps what was downloaded, once, where somebody wants it.
//!
//! Bodies are put down by the untimed run of a model, beside its working files, and copied from
//! there only when the whole run went well: a download that breaks off leaves nothing. The first
//! model of which that is true is the one whose bodies are kept; that the others' are equal, the
//! digests show.
//!
//! Left out on purpose: how a file gets its name without harm, which is `download`'s.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use whywait_plan::{Action, GetTarget, Plan, SaveAs};

use crate::RunPart;
use crate::download::{file_name_of, keep};
use crate::flow::body_name;
use crate::progress::Stage;
use crate::rounds::Desk;

/// Keeps a plan's bodies, once.
#[derive(Debug)]
pub(crate) struct Keeping {
    /// Where to; none when nothing is to be kept, or all is.
    directory: Option<PathBuf>,
}

impl Keeping {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory }
    }

    /// Makes a fresh place for the bodies of a run that works in `run_directory`; none if they are
    /// not wanted.
    pub(crate) fn make_place(
        &self,
        part: RunPart,
        run_directory: &Path,
    ) -> io::Result<Option<PathBuf>> {
        if self.directory.is_none() || part != RunPart::Verify {
            return Ok(None);
        }
        let place = place_of(run_directory);
        match fs::remove_dir_all(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&place)?,
        }
        Ok(Some(place))
    }

    /// Keeps the bodies of a run that went well, and tells of each.
    pub(crate) fn keep(&mut self, plan: &Plan, run_directory: &Path, desk: &mut Desk<'_>) {
        let Some(directory) = self.directory.take() else { return };
        for body in bodies(plan, run_directory) {
            desk.report(match keep(&body.file, &directory, &body.name) {
                Ok(path) => Stage::Kept { path },
                Err(error) => {
                    Stage::NotKept { path: directory.join(body.name), why: error.to_string() }
                }
            });
        }
    }
}

/// Beside the run's working files, of which it is none.
fn place_of(run_directory: &Path) -> PathBuf {
    run_directory.with_file_name("bodies")
}

/// A body that a plan wants kept.
struct Body {
    file: PathBuf,
    /// In the directory where it is kept.
    name: PathBuf,
}

/// The bodies that a plan wants kept, in the order of its flows.
fn bodies(plan: &Plan, run_directory: &Path) -> impl Iterator<Item = Body> {
    (0..plan.flow_count()).flat_map(move |flow| {
        let downloads =
            plan.steps_of(flow).iter().filter_map(move |step| match step.action(flow) {
                Action::Get { target, save, .. } => Some((target, save)),
                _ => None,
            });
        let numbered = (0u32..).zip(downloads);
        numbered.filter_map(move |(number, (target, save))| {
            let name = match (save?, target) {
                (SaveAs::Path(path), _) => path,
                (SaveAs::UrlName, GetTarget::Url(url)) => file_name_of(&url).into(),
                (SaveAs::UrlName, GetTarget::Peer { path, .. }) => {
                    file_name_of(&format!("http://peer{path}")).into()
                }
            };
            Some(Body { file: place_of(run_directory).join(body_name(flow, number)), name })
        })
    })
}
