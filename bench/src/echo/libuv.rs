//! libuv: its guide's echo server, a small C program that is compiled when it is first needed.
//!
//! The one crate that bundles libuv needs libclang to build, which would keep everybody without
//! it from building this harness; so libuv is left out of the race where `cc` or its headers are
//! missing. Left out on purpose: libuv's files, which go to its threads as tokio's do.

use std::os::fd::IntoRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::listen::bind;
use crate::failure::Failure;

/// The program's source.
const SOURCE: &str = include_str!("libuv.c");

/// Becomes the C program, which serves until it is ended.
///
/// # Errors
/// When it cannot be compiled; what to install.
pub(super) fn serve() -> Result<(), Failure> {
    let program = compiled()?;
    // Unlike the listener itself, a copy of it outlives `execve(2)`.
    let listener = bind()?;
    let address = listener.local_addr()?.to_string();
    let inherited = rustix::io::dup(&listener)?.into_raw_fd().to_string();
    Err(Command::new(program).args([inherited, address]).exec().into())
}

/// libuv's version, if it is here.
pub(crate) fn version() -> Option<String> {
    let output = Command::new(compiled().ok()?).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The C program, compiled anew where it is older than this one.
fn compiled() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("whywait-bench-libuv");
    let age = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified());
    if age(&program).is_ok_and(|made| age(&own).is_ok_and(|own| own < made)) {
        return Ok(program);
    }
    let source = own.with_file_name("whywait-bench-libuv.c");
    std::fs::write(&source, SOURCE)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-Wall", "-Wextra", "-o"]).arg(&program).arg(&source).arg("-luv");
    let output = compiler.output().map_err(|error| format!("cannot start cc: {error}"))?;
    if output.status.success() {
        return Ok(program);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().find(|line| line.contains("error")).unwrap_or("it gave no reason");
    Err(format!("cc: {first}; Debian has libuv in the package libuv1-dev").into())
}
