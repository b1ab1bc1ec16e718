//! The host's Python, as far as the fixtures' companions need it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failed;

use super::KernelsError;

/// Imports its arguments, and prints the interpreter, and every file that it and the modules are
/// made of: sources, compiled sources, and shared objects.
const PROGRAM: &str = r"
import importlib, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(os.path.realpath(sys.executable))
for module in list(sys.modules.values()):
    for name in (getattr(module, '__file__', None), getattr(module, '__cached__', None)):
        if name and os.path.isfile(name):
            print(name)
for line in open('/proc/self/maps'):
    name = line.split(None, 5)[-1].strip()
    if '.so' in name and os.path.isfile(name):
        print(name)
";

/// What modules import only when something is called: an executor's threads, and a host's name.
const LATE: &[&str] = &["concurrent.futures.thread", "encodings.idna"];

/// An interpreter and the part of its library that some programs use.
#[derive(Debug)]
pub(super) struct Python {
    /// The interpreter itself, no link and no script that looks for one.
    pub(super) executable: PathBuf,
    /// Everything that it reads; there may be doubles.
    pub(super) files: Vec<PathBuf>,
}

impl Python {
    /// What the programs in `directory` need.
    ///
    /// # Errors
    /// Python is not installed, or has not the modules.
    pub(super) fn for_programs(directory: &Path) -> Result<Self, Failed> {
        let mut modules: Vec<String> = LATE.iter().map(|name| (*name).to_owned()).collect();
        for path in crate::entries(directory)? {
            let text = std::fs::read_to_string(&path).map_err(Failed::read(&path))?;
            modules.extend(imported(&text).map(str::to_owned));
        }
        let mut python = Command::new("python3");
        let output = crate::output_of(python.args(["-c", PROGRAM]).args(&modules))?;
        let mut paths = output.lines().map(PathBuf::from);
        let executable = paths.next().ok_or_else(|| KernelsError::Output {
            command: "python3".to_owned(),
            why: "it is empty".to_owned(),
        })?;
        Ok(Self { executable, files: paths.collect() })
    }
}

/// The modules of lines such as `import json`.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("import ")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{Python, imported};
    use crate::root;

    #[test]
    fn imports_are_read_from_lines_of_their_own() {
        let text = "# import no\nimport asyncio\nimport os.path\n\nprint('import no')\n";
        assert_eq!(imported(text).collect::<Vec<_>>(), ["asyncio", "os.path"]);
    }

    #[test]
    #[ignore = "needs python3"]
    fn the_companions_need_an_interpreter_and_its_library() -> Result<(), crate::Failed> {
        let python = Python::for_programs(&root().join("fixtures/companions"))?;
        assert!(python.executable.is_file());
        for name in ["asyncio/base_events.py", "json/__init__.py", "os.py"] {
            assert!(python.files.iter().any(|path| path.ends_with(name)), "{name}");
        }
        Ok(())
    }
}
