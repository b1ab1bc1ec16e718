//! Which builds of whywait are measured: the one under test, and an older one beside it if asked.

use std::path::{Path, PathBuf};

use super::watchers::Program;

/// The builds, by where their commands are.
#[derive(Clone, Debug)]
pub(crate) struct Builds {
    pub(crate) new: PathBuf,
    /// What the new one is compared with.
    pub(crate) old: Option<PathBuf>,
}

/// A build in one detail.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) contestant: &'static str,
    pub(crate) detail: &'static str,
    program: Program,
}

const BUILDS: &[Build] = &[
    Build { contestant: "whywait full", detail: "full", program: Program::Whywait },
    Build { contestant: "whywait light", detail: "light", program: Program::Whywait },
    Build { contestant: "old full", detail: "full", program: Program::OldWhywait },
    Build { contestant: "old light", detail: "light", program: Program::OldWhywait },
];

impl Builds {
    /// The command that is that program; none if it is none of these, or was not given.
    pub(crate) fn command(&self, program: Program) -> Option<&Path> {
        match program {
            Program::Whywait => Some(&self.new),
            Program::OldWhywait => self.old.as_deref(),
            _ => None,
        }
    }

    /// The contestants that are whywait and were given.
    pub(crate) fn contestants(&self) -> Vec<&'static str> {
        let given = BUILDS.iter().filter(|build| self.command(build.program).is_some());
        given.map(|build| build.contestant).collect()
    }

    /// The command and the detail of a contestant.
    ///
    /// # Errors
    /// When it is not one of these.
    pub(crate) fn named(&self, contestant: &str) -> Result<(&Path, &'static str), String> {
        BUILDS
            .iter()
            .find(|build| build.contestant == contestant)
            .and_then(|build| Some((self.command(build.program)?, build.detail)))
            .ok_or_else(|| format!("`{contestant}` is not whywait"))
    }
}
