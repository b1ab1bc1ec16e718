//! What cargo and the C compiler build on the host for the guest.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Failed, run_to_end};

use super::KernelsError;
use super::step::Step;

/// The files that the guest runs, where they are on the host.
#[derive(Debug)]
pub(super) struct Build {
    /// What cargo built, by the names that steps call it by.
    pub(super) commands: Vec<(&'static str, PathBuf)>,
    /// C programs, by the path below the directory that the tests look for them in.
    pub(super) programs: Vec<(PathBuf, PathBuf)>,
    /// The directory that cargo has for tests to write to.
    pub(super) temporary: PathBuf,
    /// The repository's root.
    pub(super) root: PathBuf,
}

/// Where C programs are, and what the tests compile them with.
const SOURCES: &[(&str, &[&str])] = &[
    ("fixtures", &["-O1", "-g", "-pthread", "-I", "fixtures"]),
    ("crates/cli/tests/explain/programs", &["-O1", "-g", "-D_GNU_SOURCE", "-pthread"]),
];

impl Build {
    /// Builds what these steps need; C programs go below `directory`.
    pub(super) fn make(root: &Path, directory: &Path, steps: &[&Step]) -> Result<Self, Failed> {
        // `cargo test` would build the example as a test.
        let words = ["build", "--bin", "whywait", "--example", "verifier"];
        let mut commands = find(&build(root, &words)?, &["whywait", "verifier"])?;
        let mut programs = Vec::new();
        if steps.iter().any(|step| step.tests() > 0) {
            let words = ["test", "--no-run", "--test", "explain", "--test", "fixtures"];
            commands.extend(find(&build(root, &words)?, &["explain", "fixtures"])?);
            programs = compile_all(root, &directory.join("programs"))?;
        }
        let profile = commands[0].1.parent().and_then(Path::parent).unwrap_or(root);
        let temporary = profile.join("tmp");
        Ok(Self { commands, programs, temporary, root: root.to_path_buf() })
    }
}

/// Has cargo build something; its messages.
///
/// The whole workspace decides the features of dependencies, as in `cargo test --workspace`: another
/// selection would build most of them once more.
fn build(root: &Path, words: &[&str]) -> Result<String, Failed> {
    let options = ["--workspace", "--message-format", "json-render-diagnostics"];
    crate::output_of(crate::cargo(root).args(words).args(options))
}

/// The executables of these targets in cargo's messages.
fn find(messages: &str, names: &[&'static str]) -> Result<Vec<(&'static str, PathBuf)>, Failed> {
    let found = names.iter().map(|name| match executable(messages, name) {
        Some(path) => Ok((*name, path)),
        None => Err(KernelsError::NotBuilt(name).into()),
    });
    found.collect()
}

/// The executable of a target in cargo's messages, each of which is a line of JSON.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_target = messages.filter(|message| message["target"]["name"] == name);
    of_target.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

fn compile_all(root: &Path, directory: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Failed> {
    let mut programs = Vec::new();
    for (sources, flags) in SOURCES {
        let sources = root.join(sources);
        let parent = PathBuf::from(sources.file_name().unwrap_or_default());
        std::fs::create_dir_all(directory.join(&parent)).map_err(Failed::write(directory))?;
        for source in crate::entries(&sources)? {
            if source.extension().is_none_or(|kind| kind != "c") {
                continue;
            }
            let name = parent.join(source.file_stem().unwrap_or_default());
            let executable = directory.join(&name);
            let mut compiler = Command::new("cc");
            compiler.args(*flags).arg("-o").args([&executable, &source]).current_dir(root);
            run_to_end(&mut compiler)?;
            programs.push((name, executable));
        }
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::executable;

    #[test]
    fn the_executable_of_a_target_is_the_one_that_is_one() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"whywait"},"executable":null}
not JSON
{"reason":"compiler-artifact","target":{"name":"explain"},"executable":"/t/deps/explain-1"}
{"reason":"compiler-artifact","target":{"name":"whywait"},"executable":"/t/whywait"}
"#;
        assert_eq!(executable(messages, "whywait").as_deref(), Some(Path::new("/t/whywait")));
        assert_eq!(
            executable(messages, "explain").as_deref(),
            Some(Path::new("/t/deps/explain-1"))
        );
        assert_eq!(executable(messages, "fixtures"), None);
    }
}
