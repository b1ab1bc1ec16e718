//! `/proc/PID/status` (`proc_pid_status(5)`).
//!
//! Left out on purpose: what `stat` says too.

use super::bounded_read::bounded_read;

/// How much is read: a process can be in thousands of groups.
const MOST_BYTES: u64 = 64 << 10;

/// A process or thread, from its `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The process to which it belongs.
    pub process: u32,
    /// Its number in each pid namespace from ours to its own, its own last.
    pub numbers: Vec<u32>,
}

impl Status {
    /// Of a process or thread.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        Self::parse(&bounded_read(&format!("/proc/{pid}/status"), MOST_BYTES)?)
    }

    /// From the file's content.
    #[must_use]
    pub fn parse(status: &[u8]) -> Option<Self> {
        // The kernel escapes line ends in the name, so a field begins where a line does.
        let words = |field: &[u8]| {
            let line =
                status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(field));
            let words = str::from_utf8(line.unwrap_or_default()).unwrap_or_default();
            words.split_ascii_whitespace().map_while(|word| word.parse::<u32>().ok())
        };
        let process = words(b"Tgid:").next()?;
        Some(Self { process, numbers: words(b"NSpid:").collect() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn the_number_in_a_container_is_the_last() {
        let status = Status::parse(
            b"Name:\ta\\nTgid:\t1\nTgid:\t7\nUid:\t0\t1000\t0\t0\nNSpid:\t7\t3\t1\nVmHWM:\t1 kB\n",
        )
        .expect("a status");
        assert_eq!((status.process, status.numbers), (7, vec![7, 3, 1]));
    }

    #[test]
    fn this_process_is_its_own() {
        let pid = std::process::id();
        let own = Status::of(pid).expect("this process");
        assert_eq!((own.process, own.numbers.first()), (pid, Some(&pid)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = Status::parse(&bytes);
            let _ = Status::parse(&[b"Tgid:\t", bytes.as_slice()].concat());
            let _ = Status::parse(&[b"Tgid:\t1\nNSpid:", bytes.as_slice()].concat());
        }
    }
}
