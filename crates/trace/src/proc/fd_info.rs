//! `/proc/PID/fdinfo/N` (`proc_pid_fdinfo(5)`).
//!
//! Left out on purpose: the position, and what is in sets other than an epoll's.

/// `O_NONBLOCK` on x86-64 and arm64.
const NONBLOCK: u32 = 0o4000;

/// A descriptor, from its `fdinfo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FdInfo {
    /// How it was opened, `O_…`; none if it is not said.
    pub flags: Option<u32>,
}

impl FdInfo {
    /// From the file's content, which may be cut off.
    #[must_use]
    pub fn parse(info: &[u8]) -> Self {
        let mut parsed = Self::default();
        for line in info.split(|byte| *byte == b'\n') {
            if let Some(flags) = line.strip_prefix(b"flags:") {
                let flags = str::from_utf8(flags).ok();
                parsed.flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
            }
        }
        parsed
    }

    /// The descriptors that an epoll watches, from the file's content, which may be cut off; so many
    /// at most.
    #[must_use]
    pub fn epoll_targets(info: &[u8], most: usize) -> Vec<i32> {
        let lines =
            info.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        lines
            .filter_map(|line| str::from_utf8(line.strip_prefix(b"tfd:")?).ok())
            .filter_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
            .take(most)
            .collect()
    }

    /// Whether `O_NONBLOCK` is set; none if it is not known.
    #[must_use]
    pub fn is_nonblocking(&self) -> Option<bool> {
        self.flags.map(|flags| flags & NONBLOCK != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn flags_are_octal() {
        let info = FdInfo::parse(
            b"pos:\t0\nflags:\t02004002\nmnt_id:\t15\ntfd:        5 events: 19 data: 5\ntfd:  6 ev",
        );
        assert_eq!(info, FdInfo { flags: Some(0o2_004_002) });
        assert_eq!(info.is_nonblocking(), Some(true));
        assert_eq!(FdInfo::parse(b"flags:\t02\n").is_nonblocking(), Some(false));
        assert_eq!(FdInfo::parse(b"flags:\t9\n").is_nonblocking(), None);
    }

    #[test]
    fn an_epoll_names_what_it_watches() {
        let info =
            b"pos:\t0\nflags:\t02\ntfd:        5 events:       19 data:  5  pos:0 ino:1 sdev:9\n\
            tfd:       12 events: 1 data: 0\ntfd: x\ntfd:        6 ev";
        assert_eq!(FdInfo::epoll_targets(info, 9), [5, 12]);
        assert_eq!(FdInfo::epoll_targets(info, 1), [5]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = FdInfo::epoll_targets(&bytes, 9);
            let _ = FdInfo::epoll_targets(&[b"tfd:", bytes.as_slice(), b"\n"].concat(), 9);
            let _ = FdInfo::parse(&bytes);
            let _ = FdInfo::parse(&[b"flags:", bytes.as_slice()].concat());
        }
    }
}
