//! The builds of whywait that are measured: the one under test and, with `--against`, an older one
//! in the same rounds.

use std::path::{Path, PathBuf};

use crate::arguments::Arguments;

/// The option that names the older build's program.
pub(crate) const AGAINST: &str = "--against";

/// The first word of whywait's contestants, and of the same ones in the older build.
const NEW: &str = "whywait ";
const OLD: &str = "old ";

/// The builds, by the paths of their programs.
#[derive(Clone, Debug)]
pub(crate) struct Builds {
    new: PathBuf,
    old: Option<PathBuf>,
}

impl Builds {
    /// `new`, and the program that the arguments name with [`AGAINST`].
    pub(crate) fn new(new: PathBuf, arguments: &Arguments<'_>) -> Self {
        Self { new, old: arguments.get(AGAINST).map(PathBuf::from) }
    }

    /// This program, and the older build of it that the arguments name.
    ///
    /// # Errors
    /// What `readlink(2)` said of this program.
    pub(crate) fn of_this_program(arguments: &Arguments<'_>) -> std::io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?, arguments))
    }

    /// `names`, each of whywait's followed by the same in the older build if there is one.
    pub(crate) fn contestants<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let with_old = |name: &'a str| {
            let old = self.old.as_ref().and_then(|_| in_old_build(name));
            [Some(name.to_owned()), old].into_iter().flatten()
        };
        names.into_iter().flat_map(with_old).collect()
    }

    /// The program that a contestant runs in, and the contestant's name in that program.
    pub(crate) fn program_of(&self, contestant: &str) -> (&Path, String) {
        match (&self.old, in_new_build(contestant)) {
            (Some(old), Some(name)) => (old, name),
            _ => (&self.new, contestant.to_owned()),
        }
    }
}

/// `whywait epoll` as the older build's contestant: `old epoll`.
pub(crate) fn in_old_build(name: &str) -> Option<String> {
    name.strip_prefix(NEW).map(|rest| format!("{OLD}{rest}"))
}

/// `old epoll` as the contestant of the build under test: `whywait epoll`.
pub(crate) fn in_new_build(name: &str) -> Option<String> {
    name.strip_prefix(OLD).map(|rest| format!("{NEW}{rest}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Builds;

    fn builds(old: Option<&str>) -> Builds {
        Builds { new: "new".into(), old: old.map(Into::into) }
    }

    #[test]
    fn an_older_build_adds_a_contestant_after_each_of_whywaits() {
        let names = ["tokio", "whywait epoll"];
        assert_eq!(builds(None).contestants(names), names);
        assert_eq!(builds(Some("old")).contestants(names), ["tokio", "whywait epoll", "old epoll"]);
    }

    #[test]
    fn a_contestant_runs_in_its_build_under_the_name_it_has_there() {
        let builds = builds(Some("old"));
        let new = |name: &str| (Path::new("new"), name.to_owned());
        assert_eq!(builds.program_of("tokio"), new("tokio"));
        assert_eq!(builds.program_of("whywait epoll"), new("whywait epoll"));
        assert_eq!(builds.program_of("old epoll"), (Path::new("old"), "whywait epoll".to_owned()));
    }
}
