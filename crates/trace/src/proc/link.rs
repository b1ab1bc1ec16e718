//! Where `/proc/PID/fd/N` points to (`proc_pid_fd(5)`).
//!
//! Left out on purpose: whether a path is a file, a FIFO or a device, which the link does not say.

use whywait_record::DescriptorKind;

/// Where `/proc/PID/fd/N` points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A name in a file system. The kernel adds ` (deleted)` to one that is no more.
    Path(String),
    /// A socket, of that inode.
    Socket(u64),
    /// A pipe without a name.
    Pipe,
    /// Something without a file: epoll, eventfd and the like.
    Anonymous(DescriptorKind),
}

/// What the kernel calls files that are none, and what they are.
const ANONYMOUS: &[(&[u8], DescriptorKind)] = &[
    (b"anon_inode:[eventpoll]", DescriptorKind::Epoll),
    (b"anon_inode:[eventfd]", DescriptorKind::Eventfd),
    (b"anon_inode:[timerfd]", DescriptorKind::Timerfd),
    (b"anon_inode:[signalfd]", DescriptorKind::Signalfd),
    (b"anon_inode:[io_uring]", DescriptorKind::Ring),
    (b"anon_inode:inotify", DescriptorKind::Inotify),
    (b"anon_inode:[pidfd]", DescriptorKind::Pidfd),
];

impl Link {
    /// From the link's content.
    #[must_use]
    pub fn parse(target: &[u8]) -> Self {
        if target.starts_with(b"/") {
            return Self::path(target);
        }
        if let Some(inode) = inode(target, b"socket:[") {
            return Self::Socket(inode);
        }
        if inode(target, b"pipe:[").is_some() {
            return Self::Pipe;
        }
        // Since Linux 6.9, pidfds have inodes of their own.
        if inode(target, b"pidfd:[").is_some() {
            return Self::Anonymous(DescriptorKind::Pidfd);
        }
        if let Some((_, kind)) = ANONYMOUS.iter().find(|(name, _)| *name == target) {
            return Self::Anonymous(*kind);
        }
        // What is not named above, or a path that cannot be reached from here.
        match target.starts_with(b"(") {
            true => Self::path(target),
            false => Self::Anonymous(DescriptorKind::Other),
        }
    }

    fn path(target: &[u8]) -> Self {
        Self::Path(String::from_utf8_lossy(target).into_owned())
    }
}

/// The number in `prefixN]`.
fn inode(target: &[u8], prefix: &[u8]) -> Option<u64> {
    str::from_utf8(target.strip_prefix(prefix)?.strip_suffix(b"]")?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn links_say_what_they_point_to() {
        let anonymous = Link::Anonymous;
        for (target, link) in [
            (b"socket:[123]".as_slice(), Link::Socket(123)),
            (b"pipe:[5]", Link::Pipe),
            (b"anon_inode:[eventpoll]", anonymous(DescriptorKind::Epoll)),
            (b"anon_inode:inotify", anonymous(DescriptorKind::Inotify)),
            (b"anon_inode:[perf_event]", anonymous(DescriptorKind::Other)),
            (b"pidfd:[77]", anonymous(DescriptorKind::Pidfd)),
            (b"net:[4026531840]", anonymous(DescriptorKind::Other)),
            (b"/tmp/socket:[1] (deleted)", Link::Path("/tmp/socket:[1] (deleted)".into())),
            (b"(unreachable)/x", Link::Path("(unreachable)/x".into())),
            (b"socket:[]", anonymous(DescriptorKind::Other)),
            (b"/\xff", Link::Path("/\u{fffd}".into())),
        ] {
            assert_eq!(Link::parse(target), link, "{}", target.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = Link::parse(&bytes);
            let _ = Link::parse(&[b"socket:[", bytes.as_slice()].concat());
        }
    }
}
