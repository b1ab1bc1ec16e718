//! `cargo xtask bpf [--check]`: compiles the programs that run in the kernel to the objects that
//! are committed, and prints what the running kernel's verifier spends on them; with `--check` only
//! compares what the sources give with the committed objects.
//!
//! An object is the same byte for byte from whatever directory it is built, so that a difference
//! means that somebody changed the one without the other. Left out on purpose: building them
//! together with the crates that load them, which would ask every user for clang.

mod toolchain;

use std::path::Path;
use std::process::Command;

use crate::{Failed, cargo, output_of, run_to_end};
pub(crate) use toolchain::Lacks;
use toolchain::Toolchain;

/// One translation unit and the object that it becomes.
struct Object {
    /// From the repository's root. Headers stand beside it.
    source: &'static str,
    object: &'static str,
}

/// Everything that is loaded into the kernel.
const OBJECTS: &[Object] = &[
    Object { source: "crates/trace/bpf/whywait.bpf.c", object: "crates/trace/bpf/whywait.bpf.o" },
    Object { source: "bench/bpf/empty.bpf.c", object: "bench/bpf/empty.bpf.o" },
];

/// The table of system calls, from the root; a test of `crates/record` compares it.
const CALL_TRAITS: &str = "crates/trace/bpf/call_traits.h";

/// Where `--check` builds, from the root.
const CHECK_DIRECTORY: &str = "target/bpf-check";

/// What every source is compiled with. `-mcpu=v3` is in every kernel that whywait needs (5.1);
/// no header of the machine's may have a part in it.
const FLAGS: &[&str] = &[
    "-target",
    "bpf",
    "-D__TARGET_ARCH_x86",
    "-mcpu=v3",
    "-O2",
    "-g",
    "-std=gnu11",
    "-nostdinc",
    "-Wall",
    "-Werror",
];

/// Builds every object in its place, or with `--check` elsewhere and compares.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    match arguments {
        [] => rebuild(root),
        [only] if only == "--check" => check(root),
        _ => Err(Failed::Usage("cargo xtask bpf [--check]")),
    }
}

fn rebuild(root: &Path) -> Result<(), Failed> {
    let toolchain = Toolchain::find()?;
    write_call_traits(root)?;
    for Object { source, object } in OBJECTS {
        compile(&toolchain, root, source, &root.join(object))?;
        println!("bpf: {source} -> {object}");
    }
    verify(root)
}

/// Writes the table of system calls that the programs have, from the one in `crates/record`.
fn write_call_traits(root: &Path) -> Result<(), Failed> {
    let arguments = ["run", "--quiet", "--package", "whywait-record", "--example", "call_traits"];
    let table = output_of(cargo(root).args(arguments))?;
    let path = root.join(CALL_TRAITS);
    std::fs::write(&path, table).map_err(|source| Failed::Write { path, source })
}

/// Prints what the running kernel's verifier spends on each program, which takes root.
fn verify(root: &Path) -> Result<(), Failed> {
    let arguments = ["run", "--quiet", "--package", "whywait-trace", "--example", "verifier"];
    run_to_end(cargo(root).args(arguments))
}

/// Another compiler may give other bytes, and then a comparison says nothing: it is left out.
fn check(root: &Path) -> Result<(), Failed> {
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(lacks) => {
            println!("LEFT OUT: the committed objects are not compared: {lacks}");
            return Ok(());
        }
    };
    for Object { source, object } in OBJECTS {
        let built = root.join(CHECK_DIRECTORY).join(object);
        compile(&toolchain, root, source, &built)?;
        if read(&built)? != read(&root.join(object))? {
            return Err(Failed::Stale { source_file: source, object });
        }
        println!("bpf: {object} is what {source} gives");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|source| Failed::Read { path: path.to_path_buf(), source })
}

/// Compiles `source`, a path from `root`, and strips what a debugger would need and the kernel
/// does not; `.BTF` and `.BTF.ext` stay.
///
/// The compiler runs in `root` and is given a relative path, and every other way in which the
/// directory could get into the object is mapped to a dot.
fn compile(toolchain: &Toolchain, root: &Path, source: &str, object: &Path) -> Result<(), Failed> {
    if let Some(parent) = object.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|source| Failed::Write { path: parent.to_path_buf(), source })?;
    }
    let mut clang = Command::new(&toolchain.clang);
    clang.args(FLAGS).arg(format!("-ffile-prefix-map={}=.", root.display()));
    clang.args(["-fdebug-compilation-dir=.", "-c", source, "-o"]).arg(object).current_dir(root);
    run_to_end(&mut clang)?;
    run_to_end(Command::new(&toolchain.strip).arg("-g").arg(object))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{OBJECTS, compile, read, run};
    use crate::bpf::toolchain::Toolchain;
    use crate::{Failed, root};

    /// Copies the sources of one object to the same place under another root.
    fn copy_sources(source: &str, to: &Path) -> std::io::Result<()> {
        let directory = Path::new(source).parent().expect("a source stands in a directory");
        std::fs::create_dir_all(to.join(directory))?;
        for entry in std::fs::read_dir(root().join(directory))? {
            let path = entry?.path();
            let name = path.file_name().expect("an entry of a directory has a name");
            if path.extension().is_some_and(|extension| extension == "c" || extension == "h") {
                std::fs::copy(&path, to.join(directory).join(name))?;
            }
        }
        Ok(())
    }

    #[test]
    #[ignore = "needs clang 14"]
    fn objects_are_the_same_from_any_directory() -> Result<(), Box<dyn std::error::Error>> {
        let toolchain = Toolchain::find()?;
        for object in OBJECTS {
            let mut built = Vec::new();
            for length in [1, 40] {
                let elsewhere = tempfile::Builder::new().rand_bytes(length).tempdir()?;
                copy_sources(object.source, elsewhere.path())?;
                let place = elsewhere.path().join("built.o");
                compile(&toolchain, elsewhere.path(), object.source, &place)?;
                built.push(read(&place)?);
            }
            assert_eq!(built[0], built[1], "{}", object.source);
            assert_eq!(built[0], read(&root().join(object.object))?, "{} is stale", object.object);
        }
        Ok(())
    }

    #[test]
    #[ignore = "needs clang 14"]
    fn a_warning_is_an_error_and_names_the_compiler() -> Result<(), Box<dyn std::error::Error>> {
        let toolchain = Toolchain::find()?;
        let elsewhere = tempfile::tempdir()?;
        std::fs::write(elsewhere.path().join("bad.c"), "static int unused(void) { return 1; }\n")?;
        let outcome =
            compile(&toolchain, elsewhere.path(), "bad.c", &elsewhere.path().join("bad.o"));
        assert!(
            matches!(outcome, Err(Failed::Status { ref command, .. }) if command.contains("clang"))
        );
        Ok(())
    }

    #[test]
    fn an_option_that_there_is_not_is_refused() {
        assert!(matches!(run(&root(), &["--chek".to_owned()]), Err(Failed::Usage(_))));
    }
}
