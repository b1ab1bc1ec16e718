//! What is in the guest: its first file system, put together from files of the host.
//!
//! Test binaries know the paths of the repository, so its files have the same paths as here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::Failed;

use super::KernelsError;
use super::archive::Archive;
use super::build::Build;
use super::init;
use super::package::Kernel;
use super::python::Python;
use super::step::{Run, Step};

/// Programs of the host that tests start or watch. Busybox does the rest: it lacks an option of
/// env(1), and its shell runs some commands without executing them.
const PROGRAMS: &[&str] = &["env", "sh", "sleep", "touch", "true"];

/// Modules for the disk, in the order in which they need each other. Flavours for clouds have them
/// built in.
const MODULES: &[&str] = &[
    "crc32c_generic",
    "crc16",
    "mbcache",
    "jbd2",
    "ext4",
    "nvme-keyring",
    "nvme-auth",
    "nvme-core",
    "nvme",
];

/// The initramfs for a kernel and these steps.
pub(super) fn make(kernel: &Kernel, build: &Build, steps: &[&Step]) -> Result<Vec<u8>, Failed> {
    let mut image = Image::default();
    let modules = modules(&kernel.modules)?;
    for module in &modules {
        image.copy(module, module)?;
    }
    let script = init::script(steps, &modules, &build.temporary);
    image.archive.file(Path::new("/init"), 0, script.as_bytes());
    image.archive.directory(&build.temporary);
    image.program(&in_path("busybox")?, Path::new("/bin/busybox"))?;
    for name in PROGRAMS {
        image.program(&in_path(name)?, &Path::new("/usr/bin").join(name))?;
    }
    image.add_build(build)?;
    image.add_fixtures(build, steps)?;
    Ok(image.archive.finish())
}

#[derive(Default)]
struct Image {
    archive: Archive,
}

impl Image {
    /// The programs that cargo built, where they are here and as commands, and the C programs.
    fn add_build(&mut self, build: &Build) -> Result<(), Failed> {
        for (name, path) in &build.commands {
            self.program(path, path)?;
            self.archive.link(&Path::new("/usr/bin").join(name), path);
        }
        for (name, path) in &build.programs {
            self.program(path, &Path::new(init::PROGRAMS).join(name))?;
        }
        Ok(())
    }

    /// The fixtures of the steps, and the Python of their companions.
    fn add_fixtures(&mut self, build: &Build, steps: &[&Step]) -> Result<(), Failed> {
        let fixtures = build.root.join("fixtures");
        // The path by which the tests find the fixtures goes through the crate.
        self.archive.directory(&build.root.join("crates/cli"));
        for step in steps {
            if let Run::Fixture(file) = step.run {
                self.copy(&fixtures.join(file), &fixtures.join(file))?;
            }
        }
        let companions = fixtures.join("companions");
        for path in crate::entries(&companions)? {
            self.copy(&path, &path)?;
        }
        let python = Python::for_programs(&companions)?;
        self.program(&python.executable, &python.executable)?;
        self.archive.link(Path::new("/usr/bin/python3"), &python.executable);
        for path in &python.files {
            self.copy(path, path)?;
        }
        Ok(())
    }

    /// Copies a program, and the libraries that it is linked with to where they are here.
    fn program(&mut self, from: &Path, to: &Path) -> Result<(), Failed> {
        self.copy(from, to)?;
        // It ends with 1 for a program that is linked with none.
        let mut ldd = Command::new("ldd");
        let shown = format!("ldd {}", from.display());
        let output =
            ldd.arg(from).output().map_err(|source| Failed::Start { command: shown, source })?;
        for library in libraries(&String::from_utf8_lossy(&output.stdout)) {
            self.copy(Path::new(library), Path::new(library))?;
        }
        Ok(())
    }

    /// Copies a file and the time of its last change, by which Python knows whether a compiled
    /// source is up to date.
    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), Failed> {
        if self.archive.contains(to) {
            return Ok(());
        }
        let content = std::fs::read(from).map_err(Failed::read(from))?;
        let modified = from.metadata().and_then(|metadata| metadata.modified());
        let modified = modified.map_err(Failed::read(from))?;
        let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.archive.file(to, since.as_secs() as u32, &content);
        Ok(())
    }
}

/// The paths in the output of ldd(1): ` libm.so.6 => /lib/libm.so.6 (0x…)`, ` /lib64/ld.so (0x…)`.
fn libraries(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
}

/// Those of the [`MODULES`] that a kernel has as files.
fn modules(directory: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for path in crate::entries(&directory)? {
            if path.is_dir() {
                directories.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let named = |name: &&str| {
        let file = |path: &&PathBuf| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            file.strip_prefix(*name).is_some_and(|rest| rest.starts_with(".ko"))
        };
        files.iter().find(file).cloned()
    };
    Ok(MODULES.iter().filter_map(named).collect())
}

/// The path of a program that a shell would start.
pub(super) fn in_path(name: &str) -> Result<PathBuf, KernelsError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|directory| directory.join(name));
    places.find(|place| place.is_file()).ok_or_else(|| KernelsError::NoProgram(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::libraries;

    #[test]
    fn libraries_are_read_from_every_form_of_line() {
        let output = "\tlinux-vdso.so.1 (0x0000)\n\
            \tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x0001)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x0002)\n";
        let found: Vec<_> = libraries(output).collect();
        assert_eq!(found, ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
        assert_eq!(libraries("\tnot a dynamic executable\n").count(), 0);
    }
}
