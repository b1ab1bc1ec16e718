//! Programs in C to watch, one file each in `programs/`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use whywait_record::{Detail, Ending, Record};
use whywait_trace::{Options, Target, watch};

/// One program is watched at a time: each has maps of many MiB in the kernel.
static TURN: Mutex<()> = Mutex::new(());

/// None where this may not watch.
pub(crate) fn turn() -> Option<MutexGuard<'static, ()>> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT CHECKED: watching takes privileges; run the tests as root");
        return None;
    }
    Some(TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A program of `programs/`, compiled.
#[track_caller]
pub(crate) fn compiled(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(name);
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let made = Command::new("cc")
        .args(["-O1", "-Wall", "-Werror", "-Wno-unused-function", "-D_GNU_SOURCE", "-o"])
        .args([&program, &source.with_extension("c")])
        .status()
        .expect("there is a C compiler, as Rust links with one");
    assert!(made.success());
    program
}

/// The session of a process as procfs tells it; None where its leader is outside this namespace.
#[track_caller]
pub(crate) fn session_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    // proc(5): the name may hold blanks; after it are state, parent, group, session.
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let session: u32 = fields.split_whitespace().nth(3)?.parse().expect("a number");
    Some(session).filter(|&pid| pid != 0)
}

/// Watches a program of `programs/` from its beginning to its end.
#[track_caller]
pub(crate) fn watched(detail: Detail, name: &str, argument: &str) -> Record {
    let program = compiled(name);
    let target = Target::Command(vec![program.into(), argument.into()]);
    let options = Options { detail, ..Options::for_target(&target) };
    let watched = watch(&target, &options, &AtomicBool::new(false)).expect("it can be watched");
    assert_eq!(watched.record.ending, Some(Ending::Exited(0)));
    watched.record
}
