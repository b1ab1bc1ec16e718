//! The language that a program is written in, so that advice is for that language.
//!
//! An executable tells it for interpreters and virtual machines. Compiled programs are
//! [`Language::Unknown`], except those with threads of tokio.

use whywait_record::{Process, Thread};

/// What a program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Ruby,
    Node,
    Java,
    Rust,
    /// A compiled language, or one of which no advice is known.
    Unknown,
}

/// Advice in the words of each language; an empty one is that of `other`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByLanguage {
    pub(super) python: &'static str,
    pub(super) ruby: &'static str,
    pub(super) node: &'static str,
    pub(super) java: &'static str,
    pub(super) rust: &'static str,
    /// In terms of the kernel.
    pub(super) other: &'static str,
}

impl Language {
    /// The language of that process.
    pub(super) fn of(process: &Process) -> Self {
        let program = process.command.program().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        let is = |stem: &str| {
            let version = program.strip_prefix(stem);
            version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
        };
        let tokio = |thread: &Thread| thread.name.starts_with("tokio-runtime-w");
        match () {
            () if is("python") || is("pypy") => Self::Python,
            () if is("ruby") => Self::Ruby,
            () if is("node") || is("nodejs") => Self::Node,
            () if is("java") => Self::Java,
            () if process.threads.iter().any(tokio) => Self::Rust,
            () => Self::Unknown,
        }
    }
}

impl ByLanguage {
    /// The same advice for every language.
    pub(super) const fn all(other: &'static str) -> Self {
        Self { python: "", ruby: "", node: "", java: "", rust: "", other }
    }

    /// The advice for that language.
    pub(super) fn of(&self, language: Language) -> &'static str {
        let own = match language {
            Language::Python => self.python,
            Language::Ruby => self.ruby,
            Language::Node => self.node,
            Language::Java => self.java,
            Language::Rust => self.rust,
            Language::Unknown => self.other,
        };
        if own.is_empty() { self.other } else { own }
    }

    /// The advice for the language of that process.
    pub(super) fn for_process(&self, process: &Process) -> &'static str {
        self.of(Language::of(process))
    }
}

/// Whether a Java virtual machine made the thread for itself: to collect garbage, compile, or run
/// its own timers. No work of the program is handed to such a thread.
pub(super) fn is_internal_to_jvm(process: &Process, thread: &Thread) -> bool {
    const NAMES: &[&str] = &[
        "C1 Compiler",
        "C2 Compiler",
        "Common-Cleaner",
        "Finalizer",
        "G1 ",
        "GC Thread",
        "Monitor Deflati",
        "Notification Th",
        "Reference Handl",
        "Service Thread",
        "Signal Dispatch",
        "Sweeper thread",
        "VM Periodic",
        "VM Thread",
    ];
    Language::of(process) == Language::Java
        && NAMES.iter().any(|name| thread.name.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::{ByLanguage, Language, is_internal_to_jvm};
    use crate::findings::scene::Scene;

    #[test]
    fn the_executable_tells_the_language() {
        let mut scene = Scene::new();
        for (program, expected) in [
            ("/usr/bin/python3.11", Language::Python),
            ("/usr/bin/ruby3.1", Language::Ruby),
            ("node", Language::Node),
            ("/usr/lib/jvm/java-17/bin/java", Language::Java),
            ("/usr/bin/nodemon-x", Language::Unknown),
            ("./scene", Language::Unknown),
        ] {
            scene.record.processes[0].command.executable = Some(program.into());
            assert_eq!(Language::of(&scene.record.processes[0]), expected, "{program}");
        }
        scene.record.processes[0].command.executable = None;
        scene.thread().name = "tokio-runtime-w".into();
        assert_eq!(Language::of(&scene.record.processes[0]), Language::Rust);
    }

    #[test]
    fn a_language_without_advice_of_its_own_gets_that_of_the_kernel() {
        let advice = ByLanguage { python: "p", ..ByLanguage::all("o") };
        assert_eq!((advice.of(Language::Python), advice.of(Language::Ruby)), ("p", "o"));
    }

    #[test]
    fn threads_of_the_jvm_are_known_in_java_only() {
        for (program, name, expected) in [
            ("java", "C2 CompilerThre", true),
            ("java", "pool-1-thread-1", false),
            ("./scene", "VM Thread", false),
        ] {
            let mut scene = Scene::new();
            scene.record.processes[0].command.executable = Some(program.into());
            scene.thread().name = name.into();
            let process = &scene.record.processes[0];
            assert_eq!(is_internal_to_jvm(process, &process.threads[0]), expected, "{name}");
        }
    }
}
