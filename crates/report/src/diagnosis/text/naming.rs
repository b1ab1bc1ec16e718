//! What processes, threads and descriptors are called, made harmless.
//!
//! Left out on purpose: anything but names.

use crate::shortened::shortened;
use crate::{Diagnosis, WaitEntry, escaped};

/// Columns that a command line may take, in as many lines as that needs. More of it says nothing.
const LONGEST_COMMAND: usize = 160;

/// Columns that a thread's name may take. The kernel keeps 15 bytes, which escaping makes longer.
const LONGEST_THREAD: usize = 20;

/// Columns that the name of a call may take; no call has a longer one.
const LONGEST_CALL: usize = 24;

/// Columns that a path or a peer in a sentence may take.
const LONGEST_PLACE: usize = 100;

/// A command line as one would type it, but for its escapes.
pub(super) fn command_line(arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|argument| {
        let argument = escaped(argument);
        if argument.is_empty() || argument.contains(char::is_whitespace) {
            format!("'{argument}'")
        } else {
            argument.into_owned()
        }
    });
    shortened(&quoted.collect::<Vec<_>>().join(" "), LONGEST_COMMAND).into_owned()
}

/// A thread's number and name.
pub(super) fn thread(tid: u32, name: &str) -> String {
    format!("{tid} {}", shortened(&escaped(name), LONGEST_THREAD)).trim_end().to_string()
}

/// The same, by the number alone; just the number of a thread that the document does not have.
pub(super) fn thread_by_tid(diagnosis: &Diagnosis, pid: u32, tid: u32) -> String {
    let processes = diagnosis.processes.iter().filter(|process| process.pid == pid);
    let mut threads = processes.flat_map(|process| &process.threads);
    let name = threads.find(|entry| entry.tid == tid).map_or("", |entry| &entry.name);
    thread(tid, name)
}

/// The call of a wait.
pub(super) fn call(wait: &WaitEntry) -> String {
    let name = wait.syscall.as_ref().map_or("no call".into(), |name| escaped(name));
    shortened(&name, LONGEST_CALL).into_owned()
}

/// What a wait was on: kind, number, and path or peer. A dash where the call has no descriptor.
pub(super) fn descriptor(wait: &WaitEntry) -> String {
    let name = [&wait.path, &wait.peer, &wait.local].into_iter().flatten().next();
    let number = match (wait.descriptors, wait.descriptor) {
        (0, None) if name.is_none() && wait.kind == "none" => return "–".into(),
        (several @ 2.., _) => format!(" ×{several}"),
        (_, Some(number)) => format!(" {number}"),
        (_, None) => String::new(),
    };
    let name = name.map(|name| format!(" {}", escaped(name))).unwrap_or_default();
    format!("{}{number}{name}", escaped(&wait.kind))
}

/// A path for a sentence.
pub(super) fn place(path: &str) -> String {
    shortened(&escaped(path), LONGEST_PLACE).into_owned()
}
