//! What a process runs.
//!
//! Left out on purpose: what it ran before it executed something else.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use whywait_record::Command;

use super::bounded_read::{bounded_read, small_read};

/// How much of a command line is kept; it can have megabytes.
const MOST_BYTES: u64 = 64 << 10;

/// What a process runs: the arguments that it has, or the name that it goes by if it has none
/// (any more); and the file that it executes, as far as it may be known. Empty if it is gone.
#[must_use]
pub fn command(pid: u32) -> Command {
    let line = bounded_read(&format!("/proc/{pid}/cmdline"), MOST_BYTES).unwrap_or_default();
    let mut arguments = arguments(&line);
    if arguments.is_empty() {
        let name = small_read(&format!("/proc/{pid}/comm")).unwrap_or_default();
        let name = name.strip_suffix(b"\n").unwrap_or(&name);
        arguments.extend((!name.is_empty()).then(|| lossy(name)));
    }
    let executable = fs::read_link(format!("/proc/{pid}/exe")).ok();
    let executable = executable.map(|path| lossy(path.as_os_str().as_bytes()));
    Command { arguments, executable }
}

/// The arguments in the content of `/proc/PID/cmdline`. A program that writes a title over its
/// arguments leaves a row of zeroes, so that empty arguments at the end cannot be told from none.
#[must_use]
pub fn arguments(line: &[u8]) -> Vec<String> {
    let padding = line.iter().rev().take_while(|byte| **byte == 0).count();
    let line = &line[..line.len() - padding];
    if line.is_empty() {
        return Vec::new();
    }
    line.split(|byte| *byte == 0).map(lossy).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn arguments_end_with_zeroes() {
        assert_eq!(arguments(b"cat\0\0a b\0"), ["cat", "", "a b"]);
        assert_eq!(arguments(b"nginx: master process\0\0\0\0"), ["nginx: master process"]);
        assert_eq!(arguments(b"no end"), ["no end"]);
        assert!(arguments(b"").is_empty() && arguments(b"\0\0").is_empty());
    }

    #[test]
    fn this_process_runs_this_program() {
        let own = command(std::process::id());
        let arguments: Vec<String> = std::env::args().collect();
        assert_eq!(own.arguments, arguments);
        let executable = std::env::current_exe().expect("this program");
        assert_eq!(own.executable.as_deref(), executable.to_str());
    }

    #[test]
    fn nobody_runs_nothing() {
        assert_eq!(command(u32::MAX), Command::default());
    }

    proptest! {
        #[test]
        fn arguments_come_back(words in vec("[^\0]{1,9}", 0..9)) {
            let line: Vec<u8> = words.iter().flat_map(|word| word.bytes().chain([0])).collect();
            assert_eq!(arguments(&line), words);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = arguments(&bytes);
        }
    }
}
