//! Whose code it is: the program's own, or somebody else's that it uses.
//!
//! Nobody is helped by the line of the interpreter's main loop in which a Python program called
//! `time.sleep`, or by that of a line of the standard library; so only the program's own code is
//! given with its line.
//!
//! Left out on purpose: exactness. Files are judged by where they are and by what they are called.

/// Where systems keep libraries that are not the program's own.
const SYSTEM_FOLDERS: &[&str] = &[
    "/lib/",
    "/lib32/",
    "/lib64/",
    "/libx32/",
    "/usr/lib/",
    "/usr/lib32/",
    "/usr/lib64/",
    "/usr/libexec/",
    "/usr/libx32/",
    "/usr/local/lib/",
    "/nix/store/",
    "/snap/",
];

/// Interpreters and virtual machines, by how their files' names begin, after a `lib` that many have.
const INTERPRETERS: &[&str] = &[
    "beam.",
    "bun",
    "deno",
    "dotnet",
    "coreclr",
    "java",
    "julia",
    "jvm",
    "lua",
    "mono",
    "node",
    "perl",
    "php",
    "pypy",
    "python",
    "ruby",
    "tcl",
    "truffleruby",
    "v8",
];

/// Sources that come with a compiler or the system, by how their paths begin.
const TOOLCHAIN_SOURCES: &[&str] =
    &["/rustc/", "/usr/include/", "/usr/lib/", "/usr/local/go/src/", "/usr/local/include/"];

/// Sources that come with a compiler, by a part of their paths.
const TOOLCHAIN_PARTS: &[&str] = &["/lib/rustlib/src/", "/.rustup/toolchains/"];

/// Sources of libraries that a package manager fetched, by a part of their paths.
const DEPENDENCY_PARTS: &[&str] =
    &["/registry/src/", "/.cargo/git/", "/go/pkg/mod/", "/site-packages/", "/node_modules/"];

/// Who wrote a line of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Whoever wrote the program.
    Program,
    /// Somebody from whom a package manager fetched it.
    Dependency,
    /// The makers of the compiler or of the system.
    Toolchain,
}

impl Origin {
    /// Of the source file at `path`.
    pub(super) fn of(path: &str) -> Self {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        let has = |parts: &[&str]| parts.iter().any(|part| path.contains(part));
        if begins(TOOLCHAIN_SOURCES) || has(TOOLCHAIN_PARTS) {
            Self::Toolchain
        } else if has(DEPENDENCY_PARTS) {
            Self::Dependency
        } else {
            Self::Program
        }
    }
}

/// Whether a library at `path` belongs to the system.
pub(super) fn in_system_folder(path: &str) -> bool {
    SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// Whether the file at `path` runs programs of another language.
pub(super) fn is_interpreter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let bare = name.strip_prefix("lib").unwrap_or(name);
    INTERPRETERS.iter().any(|interpreter| {
        bare.strip_prefix(interpreter).is_some_and(|rest| {
            interpreter.ends_with('.') || !rest.starts_with(|next: char| next.is_ascii_alphabetic())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Origin, in_system_folder, is_interpreter};

    #[test]
    fn interpreters_are_known_by_their_names_with_and_without_versions() {
        let interpreters = [
            "/usr/bin/python3.11",
            "/srv/venv/bin/python",
            "/usr/lib/libpython3.11.so.1.0",
            "/usr/bin/node",
            "/opt/libnode.so.108",
            "/usr/bin/ruby2.7",
            "/usr/bin/php8.2",
            "/usr/bin/php-fpm8.2",
            "/opt/jdk/lib/server/libjvm.so",
            "/usr/lib/erlang/erts/bin/beam.smp",
        ];
        for path in interpreters {
            assert!(is_interpreter(path), "{path}");
        }
        for path in ["/srv/nodes", "/srv/javac", "/srv/rubyist/server", "/srv/pythonic"] {
            assert!(!is_interpreter(path), "{path}");
        }
    }

    #[test]
    fn libraries_of_the_system_are_known_by_their_folders() {
        assert!(in_system_folder("/usr/lib/x86_64-linux-gnu/libc.so.6"));
        assert!(!in_system_folder("/srv/app/lib/libown.so"));
    }

    #[test]
    fn sources_are_told_apart() {
        let cases = [
            ("/srv/server/src/main.c", Origin::Program),
            ("/rustc/5980/library/std/src/fs.rs", Origin::Toolchain),
            ("/usr/include/c++/12/bits/std_function.h", Origin::Toolchain),
            (
                "/srv/build/.cargo/registry/src/index.crates.io-19/mio-1/src/poll.rs",
                Origin::Dependency,
            ),
        ];
        for (path, origin) in cases {
            assert_eq!(Origin::of(path), origin, "{path}");
        }
    }
}
