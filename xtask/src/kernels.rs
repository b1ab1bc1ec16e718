//! `cargo xtask kernels [VERSION…]`: boots kernels that Debian ships in an emulator, and runs
//! whywait and its tests there.
//!
//! Each kernel boots with an initramfs that this task makes: whywait, compiled tests and fixtures,
//! and what they need of the host. Nothing is installed on the host; downloads and images stay
//! under `target/kernels`. The tests judge what they see, so this task only reads which of them
//! passed. A step is one line in `kernels/step.rs`.

mod archive;
mod build;
mod error;
mod image;
mod init;
mod machine;
mod options;
mod outcome;
mod package;
mod python;
mod step;
mod table;

use std::fs::File;
use std::path::Path;

use crate::Failed;
use build::Build;
pub(crate) use error::KernelsError;
use machine::Machine;
use options::Options;
use outcome::Outcome;
use package::Package;

/// Where downloads, unpacked kernels and images are, from the repository's root.
const DIRECTORY: &str = "target/kernels";

/// The outcomes of all steps on one kernel.
struct Report {
    /// The kernel's release, such as `6.1.0-57-cloud-amd64`.
    kernel: String,
    outcomes: Vec<Outcome>,
}

/// Boots each version and runs the steps; fails if any step did.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let options = Options::parse(arguments)?;
    let directory = root.join(DIRECTORY);
    let packages = options
        .versions
        .iter()
        .map(|version| Package::newest(version)?.fetch(&directory))
        .collect::<Result<Vec<_>, _>>()?;
    if options.fetch {
        return Ok(());
    }
    let steps = options.steps()?;
    image::in_path(machine::EMULATOR)?;
    let _turn = turn(&directory)?;
    let build = Build::make(root, &directory, &steps)?;
    let mut reports = Vec::new();
    for kernel in &packages {
        let initramfs = image::make(kernel, &build, &steps)?;
        let machine = Machine { kernel, initramfs, directory: &directory };
        let outcomes = machine.run(&steps)?;
        reports.push(Report { kernel: kernel.release.clone(), outcomes });
    }
    print!("\n{}", table::of(&reports));
    let outcomes = reports.iter().flat_map(|report| &report.outcomes);
    match outcomes.filter(|outcome| !outcome.passed()).count() {
        0 => Ok(()),
        failed => Err(KernelsError::Steps { failed }.into()),
    }
}

/// Waits until no other run uses the directory, which has one disk for all.
fn turn(directory: &Path) -> Result<File, Failed> {
    let path = directory.join("lock");
    let lock = File::create(&path).map_err(Failed::write(&path))?;
    if lock.try_lock().is_err() {
        println!("kernels: waits for another run to end");
        lock.lock().map_err(Failed::write(&path))?;
    }
    Ok(lock)
}
