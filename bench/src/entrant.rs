//! Somebody who takes part, and the program that takes one sample of it.
//!
//! Left out on purpose: the order in which they run (see [`harness`](crate::harness)).

use std::path::Path;
use std::process::Command;

use crate::arguments::Arguments;
use crate::contestant::PEERS;
use crate::work::Work;

/// Somebody who takes part.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    pub(crate) works: &'static [Work],
}

impl Entrant {
    /// Everybody whom `--only` names.
    pub(crate) fn all(arguments: &Arguments<'_>) -> Vec<Self> {
        let only = arguments.get("--only");
        let wanted = |name: &str| {
            only.is_none_or(|only| only.split(',').any(|start| name.starts_with(start)))
        };
        let peers = PEERS.iter().filter(|peer| wanted(peer.name));
        peers.map(|peer| Self { name: peer.name, works: peer.works }).collect()
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
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["sample", self.name, "--work", work.name(), "--dir"]).arg(directory);
        command.arg("--files").arg(files.to_string());
        Ok(command)
    }
}
