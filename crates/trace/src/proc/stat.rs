//! `/proc/PID/stat` and `/proc/PID/task/TID/stat` (`proc_pid_stat(5)`).
//!
//! Left out on purpose: the fields that nobody asks for, which are most of them.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::bounded_read::small_read;

/// `PF_KTHREAD` of the kernel's `linux/sched.h`: the kernel made it, for itself.
const KERNEL_THREAD: u32 = 0x0020_0000;

/// A process or thread, from its `stat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Its name, up to 15 bytes; any bytes at all.
    pub name: String,
    /// `R`, `S`, `D`, `Z` …
    pub state: char,
    /// Who made it, or has taken it over since.
    pub parent_pid: u32,
    /// Its session, by the number of the process that leads it.
    pub session_pid: u32,
    /// The kernel's `PF_…` flags.
    pub flags: u32,
    /// When it was started, in clock ticks (100 a second) since the system was.
    pub started_ticks: u64,
}

impl Stat {
    /// Of a process.
    #[must_use]
    pub fn of_process(pid: u32) -> Option<Self> {
        Self::parse(&small_read(&format!("/proc/{pid}/stat"))?)
    }

    /// Of a thread.
    #[must_use]
    pub fn of_thread(pid: u32, tid: u32) -> Option<Self> {
        Self::parse(&small_read(&format!("/proc/{pid}/task/{tid}/stat"))?)
    }

    /// From the file's content.
    #[must_use]
    pub fn parse(stat: &[u8]) -> Option<Self> {
        // The name stands in parentheses and may hold some itself, and spaces and line ends.
        let opening = stat.iter().position(|byte| *byte == b'(')?;
        let closing = stat.iter().rposition(|byte| *byte == b')')?;
        let name = String::from_utf8_lossy(stat.get(opening + 1..closing)?).into_owned();
        let rest = str::from_utf8(&stat[closing + 1..]).ok()?;
        // From here on the manual's field N is field N - 3.
        let fields: Vec<&str> = rest.split_ascii_whitespace().take(21).collect();
        // The last one that counts is whole if another one follows it.
        fields.get(20)?;
        Some(Self {
            name,
            state: fields.first()?.chars().next()?,
            parent_pid: fields.get(1)?.parse().ok()?,
            session_pid: fields.get(3)?.parse().ok()?,
            flags: fields.get(6)?.parse().ok()?,
            started_ticks: fields.get(19)?.parse().ok()?,
        })
    }

    /// How long it has existed, up to a clock tick (10 ms).
    #[must_use]
    pub fn age(&self) -> Duration {
        /// `USER_HZ`, in which the kernel writes times since 2.6 on every machine but Alpha.
        const TICKS_PER_S: u64 = 100;
        let now = clock_gettime(ClockId::Boottime);
        let up = Duration::try_from(now).unwrap_or_default();
        let (seconds, rest) = (self.started_ticks / TICKS_PER_S, self.started_ticks % TICKS_PER_S);
        up.saturating_sub(Duration::from_secs(seconds))
            .saturating_sub(Duration::from_millis(rest * 1000 / TICKS_PER_S))
    }

    /// Whether it has ended, and only waits to be asked how.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// Whether it is one of the kernel's own. (A worker of io_uring is not: it belongs to a
    /// process.)
    #[must_use]
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & KERNEL_THREAD != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn line(name: &[u8]) -> Vec<u8> {
        let rest = b") S 41 42 42 0 -1 4194560 1 2 3 4 250 75 0 0 20 0 1 0 99 1 1\n";
        [b"42 (".as_slice(), name, rest].concat()
    }

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        let stat = Stat::parse(&line(b"x) R 1 (y")).expect("a line");
        assert_eq!(stat.name, "x) R 1 (y");
        assert_eq!((stat.state, stat.parent_pid, stat.session_pid), ('S', 41, 42));
        assert_eq!(stat.started_ticks, 99);
        assert!(!stat.is_kernel_thread() && !stat.has_ended());
    }

    #[test]
    fn what_is_cut_off_is_no_line() {
        let whole = line(b"x");
        let needed = whole.windows(6).position(|six| six == b" 0 99 ").expect("the last field") + 5;
        for length in 0..=needed {
            assert_eq!(Stat::parse(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn this_process_runs_and_is_no_kernel_thread() {
        let own = Stat::of_process(std::process::id()).expect("this process");
        assert!(!own.is_kernel_thread() && !own.has_ended(), "{own:?}");
        assert_eq!(own.parent_pid, std::os::unix::process::parent_id());
        assert!(own.age() < Duration::from_hours(24), "{own:?}");
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in any::<Vec<u8>>()) {
            let stat = Stat::parse(&line(&name)).expect("a line");
            assert_eq!(stat.name, String::from_utf8_lossy(&name));
            assert_eq!(stat.flags, 4_194_560);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = Stat::parse(&bytes);
            let _ = Stat::parse(&[b"1 (", bytes.as_slice()].concat());
            let _ = Stat::parse(&[b"1 () ", bytes.as_slice()].concat());
        }
    }
}
