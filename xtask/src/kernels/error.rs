//! Why the kernels could not be tried, or what failed on them.

use std::path::PathBuf;

/// What went wrong in `cargo xtask kernels`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KernelsError {
    /// No package has that version and flavour.
    #[error(
        "apt knows no package {0}; run `apt-get update`, on Debian 12 with its security archive"
    )]
    NoPackage(String),
    /// A package without a kernel in it.
    #[error("{0} contains no boot/vmlinuz-*; delete it and run this again")]
    NoKernel(PathBuf),
    /// A step was named that does not exist.
    #[error("no step begins with `{given}`; the steps are: {known}")]
    NoStep { given: String, known: String },
    /// A program that boots the guest or runs in it is not on this machine.
    #[error("no program `{0}` in PATH; `.ci/run` says which package it is in")]
    NoProgram(String),
    /// Cargo did not say where it put what it built.
    #[error("cargo built no executable `{0}`")]
    NotBuilt(&'static str),
    /// What a program printed is not what it prints elsewhere.
    #[error("cannot read the output of `{command}`: {why}")]
    Output { command: String, why: String },
    /// Steps failed; the table names them.
    #[error("kernels: {failed} step(s) failed; their output is above")]
    Steps { failed: usize },
}
