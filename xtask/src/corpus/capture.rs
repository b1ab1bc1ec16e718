//! Watching the programs of the sources, so that their records can be taken into the corpus.
//!
//! The runner of a program gets a wrapper instead of whywait, which runs whywait with the same
//! arguments and `--save`. What was saved stays under `target/corpus`, so a capture that was
//! interrupted continues where it stopped.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failed, cargo, run_to_end};

/// The wrapper: it saves a record as `NAME.MODE.PID.wwr`. Tests name what they watch themselves;
/// for other runners the name comes from here, and the mode from `--detail` where the runner passes
/// it.
const SHIM: &str = r#"#!/usr/bin/env bash
[ "$1" = explain ] || exec "$CORPUS_WHYWAIT" "$@"
shift
name=$WHYWAIT_TEST_WATCHED
if [ -z "$name" ]; then
    mode=$CORPUS_MODE words=("$@")
    for ((place = 0; place < $# && ${#mode} == 0; place++)); do
        [ "${words[place]}" != -- ] || break
        [ "${words[place]}" != --detail ] || mode=${words[place + 1]}
    done
    name=$CORPUS_NAME.$mode
fi
unset WHYWAIT_TEST_WATCHED CORPUS_NAME CORPUS_MODE
exec "$CORPUS_WHYWAIT" explain --save "$CORPUS_INTO/$name.$$.wwr" "$@"
"#;

/// Runs programs so that what is watched of them is saved.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    /// Where it is saved.
    into: PathBuf,
    shim: PathBuf,
    whywait: PathBuf,
    /// What the names of programs must contain, one of them; all if there are none.
    only: &'a [String],
}

impl<'a> Runner<'a> {
    /// For the programs of a source, of which only those are run whose names contain one of these
    /// words, if there are any.
    ///
    /// # Errors
    /// If whywait cannot be built, or the directory cannot be made.
    pub(super) fn new(root: &Path, into: PathBuf, only: &'a [String]) -> Result<Self, Failed> {
        let mut build = cargo(root);
        run_to_end(build.args(["build", "--quiet", "--package", "whywait-cli"]))?;
        run_to_end(cargo(root).args([
            "build",
            "--quiet",
            "--package",
            "whywait",
            "--example",
            "serve",
        ]))?;
        fs::create_dir_all(&into).map_err(Failed::write(&into))?;
        let shim = root.join("target/corpus/whywait");
        fs::write(&shim, SHIM).map_err(Failed::write(&shim))?;
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755))
            .map_err(Failed::write(&shim))?;
        Ok(Self { into, shim, whywait: root.join("target/debug/whywait"), only })
    }

    /// What the names of programs must contain, one of them; all if there are none.
    pub(super) fn only(&self) -> &[String] {
        self.only
    }

    /// Whether a program of that name is to be run.
    fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }

    /// Runs tests of the command line program that watch programs. Whether they pass says nothing
    /// of the records.
    ///
    /// # Errors
    /// If the tests cannot be built.
    pub(super) fn test(&self, root: &Path, name: &str, filters: &[&str]) -> Result<(), Failed> {
        let done = self.into.join("done");
        if done.exists() && self.only.is_empty() {
            return Ok(());
        }
        let mut tests = cargo(root);
        tests.args(["test", "--quiet", "--package", "whywait-cli", "--test", name, "--"]);
        tests.args(filters).env("WHYWAIT_TEST_TOOL", &self.shim);
        self.surround(&mut tests);
        if let Err(failed) = run_to_end(&mut tests) {
            println!("corpus: {failed}; what was saved is taken all the same");
        }
        if self.only.is_empty() {
            fs::write(&done, "").map_err(Failed::write(&done))?;
        }
        Ok(())
    }

    /// Runs a program by its runner, in a mode if the runner does not say it to whywait. The
    /// runner's results stand beside the records.
    ///
    /// # Errors
    /// If the runner cannot be started.
    pub(super) fn run(
        &self,
        runner: &Path,
        name: &str,
        mode: Option<&str>,
        words: &[&str],
    ) -> Result<(), Failed> {
        let results = match mode {
            Some(mode) => format!("{name}.{mode}.json"),
            None => format!("{name}.json"),
        };
        let results = self.into.join(results);
        if !self.is_wanted(name) || results.exists() {
            return Ok(());
        }
        let mut run = Command::new(runner);
        run.arg("--whywait").arg(&self.shim).arg("--json").arg(&results).args(words);
        run.current_dir(runner.parent().unwrap_or(runner));
        run.env("CORPUS_NAME", name).env("CORPUS_MODE", mode.unwrap_or_default());
        self.surround(&mut run);
        run_to_end(&mut run)
    }

    fn surround(&self, command: &mut Command) {
        command.env("CORPUS_INTO", &self.into).env("CORPUS_WHYWAIT", &self.whywait);
    }
}
