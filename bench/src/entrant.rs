//! Somebody who takes part, and the program that takes one sample of it.
//!
//! Left out on purpose: the order in which they run (see [`harness`](crate::harness)).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Arguments;
use crate::contestant::PEERS;
use crate::whywait::{MODELS, whywait};
use crate::work::Work;

/// Somebody who takes part: a peer in this program, or whywait under a model.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    pub(crate) name: String,
    pub(crate) works: &'static [Work],
    /// whywait's program and the model; none for a peer.
    pub(crate) whywait: Option<(PathBuf, &'static str)>,
}

impl Entrant {
    /// Everybody whom `--only` names; whywait only where its program is known.
    pub(crate) fn all(arguments: &Arguments<'_>) -> Vec<Self> {
        let peers = PEERS.iter().map(|peer| Self {
            name: peer.name.to_owned(),
            works: peer.works,
            whywait: None,
        });
        let program = arguments.get("--whywait").map(PathBuf::from);
        let models = program.iter().flat_map(|program| {
            MODELS.iter().map(|model| Self {
                name: format!("whywait {}", model.name),
                works: model.works,
                whywait: Some((program.clone(), model.name)),
            })
        });
        let only = arguments.get("--only");
        let wanted = |entrant: &Self| {
            only.is_none_or(|only| only.split(',').any(|start| entrant.name.starts_with(start)))
        };
        peers.chain(models).filter(wanted).collect()
    }

    /// The program that takes one sample.
    ///
    /// # Errors
    /// When this program cannot be named.
    pub(crate) fn command(
        &self,
        work: Work,
        directory: &Path,
        files: u32,
    ) -> std::io::Result<Command> {
        if let Some((program, model)) = &self.whywait {
            return Ok(whywait(program, model, work, directory, files));
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["sample", &self.name, "--work", work.name(), "--dir"]).arg(directory);
        command.arg("--files").arg(files.to_string());
        Ok(command)
    }
}
