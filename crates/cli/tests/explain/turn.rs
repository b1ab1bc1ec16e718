//! One watcher at a time.
//!
//! Left out on purpose: watchers of other test binaries, which cargo runs one after another.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::attached::Programs;
use crate::tool::tool;
use crate::watch::Explain;

/// The right to watch. What is attached in the kernel costs every process of the machine, and two
/// that watch at once would find each other's programs there.
pub(crate) struct Turn {
    before: Programs,
    _watching: MutexGuard<'static, ()>,
}

static WATCHING: Mutex<()> = Mutex::new(());

/// Waits for the right to watch; none without privileges, after saying so.
pub(crate) fn turn() -> Option<Turn> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT CHECKED: to watch a program takes privileges; run the tests as root");
        return None;
    }
    // A test that failed has ended what it started all the same.
    let watching = WATCHING.lock().unwrap_or_else(PoisonError::into_inner);
    Some(Turn { before: Programs::now(), _watching: watching })
}

impl Turn {
    /// `whywait explain` with these arguments, not started yet.
    pub(crate) fn explain(&self, words: &[&str]) -> Explain {
        self.under(&[], words)
    }

    /// `whywait explain` of a program, with a document in a file, for
    /// [`diagnosis`](crate::watch::Explained::diagnosis).
    pub(crate) fn diagnose(&self, options: &[&str], program: &[&str]) -> Explain {
        self.explain(&[options, &["--format", "json", "--out", "report", "--"], program].concat())
    }

    /// Another program that is given `whywait explain` and these words to execute.
    pub(crate) fn under(&self, wrapper: &[&str], words: &[&str]) -> Explain {
        self.plain(&[wrapper, &[tool(), "explain"], words].concat())
    }

    /// A program without `whywait`, to compare with.
    pub(crate) fn plain(&self, words: &[&str]) -> Explain {
        Explain::new(words, self.before.clone())
    }

    /// The programs in the kernel that were not there when the turn began.
    pub(crate) fn programs(&self) -> Programs {
        Programs::now().since(&self.before)
    }
}
