//! The repository as rules see it: paths and text.
//!
//! Left out on purpose: git. A tarball without a history is checked like a checkout; what git
//! ignores is skipped by name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Failed;

/// Names and paths of directories that git ignores, and of git's own.
const SKIPPED: &[&str] = &[".git", "target", "fuzz/corpus", "fuzz/artifacts"];

/// Every file under the root, by its path from there with `/` between the parts.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// `None` where a file is not UTF-8.
    files: BTreeMap<String, Option<String>>,
}

impl Repository {
    /// Reads the tree under `root`.
    ///
    /// # Errors
    /// When a directory or file cannot be read.
    pub(super) fn read(root: &Path) -> Result<Self, Failed> {
        let mut repository = Self::default();
        repository.read_directory(root, "")?;
        Ok(repository)
    }

    /// A repository of these paths and texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self { files: files.iter().map(owned).collect() }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Every path.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether `path` names a file or a directory that holds one.
    pub(super) fn exists(&self, path: &str) -> bool {
        let directory = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self
                .files
                .range(directory.clone()..)
                .next()
                .is_some_and(|(found, _)| found.starts_with(&directory))
    }

    /// The text of one file; none where it is missing or not text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every text file whose name ends in one of `extensions`; all of them if that is empty.
    pub(super) fn texts(&self, extensions: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(move |(path, text)| {
            let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
            let wanted = extensions.is_empty() || extensions.contains(&extension);
            Some((path.as_str(), text.as_deref()?)).filter(|_| wanted)
        })
    }

    /// Every manifest of the main workspace's packages, as `(path, text)`.
    pub(super) fn member_manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts(&["toml"]).filter(|(path, _)| {
            let parts: Vec<&str> = path.split('/').collect();
            matches!(parts[..], ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"])
        })
    }

    fn read_directory(&mut self, directory: &Path, prefix: &str) -> Result<(), Failed> {
        let failed = |source| Failed::Read { path: directory.to_path_buf(), source };
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                if !SKIPPED.contains(&name.as_str()) && !SKIPPED.contains(&path.as_str()) {
                    self.read_directory(&entry.path(), &format!("{path}/"))?;
                }
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path())
                    .map_err(|source| Failed::Read { path: entry.path(), source })?;
                self.files.insert(path, String::from_utf8(bytes).ok());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Repository;

    #[test]
    fn knows_files_and_directories() {
        let repository = Repository::of(&[("docs/a.md", ""), ("docs-old.md", "")]);
        assert!(repository.exists("docs/a.md"));
        assert!(repository.exists("docs"));
        assert!(!repository.exists("doc"));
        assert!(!repository.exists("docs/b.md"));
    }

    #[test]
    fn reads_this_package_without_build_output() {
        let repository = Repository::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")))
            .expect("the package's own directory can be read");
        assert!(repository.text("src/tidy/repository.rs").is_some());
        assert!(!repository.exists("target"));
    }

    #[test]
    fn tells_members_from_other_manifests() {
        let paths = ["Cargo.toml", "bench/Cargo.toml", "crates/a/Cargo.toml", "xtask/Cargo.toml"];
        let repository = Repository::of(&paths.map(|path| (path, "")));
        let members: Vec<&str> = repository.member_manifests().map(|(path, _)| path).collect();
        assert_eq!(members, ["crates/a/Cargo.toml", "xtask/Cargo.toml"]);
    }
}
