//! Programs to watch that are written in C, one file each.
//!
//! Left out on purpose: programs that show a pattern of I/O, which are in `fixtures/`. Those here
//! make it hard to watch them, or count what they do.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::prebuilt::prebuilt;

/// The path of a program of `programs/`, compiled from its source.
#[track_caller]
pub(crate) fn program(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain/programs");
    let compiled = compiled(&directory.join(name).with_extension("c"));
    compiled.into_os_string().into_string().expect("paths of the build are text")
}

/// The executable of a source in C, in the directory that cargo has for tests.
#[track_caller]
pub(crate) fn compiled(source: &Path) -> PathBuf {
    if let Some(executable) = prebuilt(source) {
        return executable;
    }
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = source.file_stem().expect("a source has a name");
    // Another test may compile the same; whoever is last replaces an equal file.
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!("{}-{number}", process::id()));
    let made = Command::new("cc")
        .args(["-O1", "-g", "-Wall", "-Werror", "-D_GNU_SOURCE", "-pthread", "-o"])
        .args([temporary.as_path(), source])
        .output()
        .expect("there is a C compiler, as Rust links with one");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{} does not compile:\n{said}", source.display());
    let executable = directory.join(name);
    std::fs::rename(&temporary, &executable).expect("a place for the program");
    executable
}
