//! C programs that were compiled elsewhere, for a machine without a compiler.
//!
//! `cargo xtask kernels` compiles them and sets the variable in the guest.

use std::path::{Path, PathBuf};

/// The environment variable with the directory that they are in, each below the name of the
/// directory of its source. Without it the tests compile.
const DIRECTORY: &str = "WHYWAIT_TEST_PROGRAMS";

/// The program of a source; none where the tests compile.
pub(crate) fn prebuilt(source: &Path) -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY)?);
    let parent = source.parent()?.file_name()?;
    Some(directory.join(parent).join(source.file_stem()?))
}
