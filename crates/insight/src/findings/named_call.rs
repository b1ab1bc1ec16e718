//! A call and its descriptor, as a sentence names them.

use std::fmt;

use whywait_record::{Descriptor, DescriptorId, DescriptorKind, Record, Syscall};
use whywait_report::escaped;

/// A call on a descriptor, which shows itself as `read(fd 9, /data/x)`, escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedCall<'a> {
    syscall: Option<Syscall>,
    descriptor: Option<&'a Descriptor>,
}

impl<'a> NamedCall<'a> {
    /// That call on that descriptor of the record.
    pub(super) fn of(
        record: &'a Record,
        syscall: Option<Syscall>,
        descriptor: Option<DescriptorId>,
    ) -> Self {
        Self { syscall, descriptor: descriptor.and_then(|id| record.descriptor(id)) }
    }
}

impl fmt::Display for NamedCall<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(syscall) = self.syscall else {
            return out.write_str("a page that had to be read");
        };
        let Some(descriptor) = self.descriptor else { return write!(out, "{syscall}") };
        let name = name_of(descriptor);
        match (descriptor.fd, name) {
            (Some(fd), Some(name)) => write!(out, "{syscall}(fd {fd}, {})", escaped(name)),
            (Some(fd), None) => {
                write!(out, "{syscall}(fd {fd}, {})", kind_in_words(descriptor.kind))
            }
            (None, Some(name)) => write!(out, "{syscall}({})", escaped(name)),
            (None, None) => write!(out, "{syscall}({})", kind_in_words(descriptor.kind)),
        }
    }
}

/// With whom it speaks, or where it is: raw, as the program has it.
pub(super) fn name_of(descriptor: &Descriptor) -> Option<&str> {
    descriptor.peer.as_deref().or(descriptor.path.as_deref()).or(descriptor.local.as_deref())
}

/// What it is, with an article.
pub(super) fn kind_in_words(kind: DescriptorKind) -> &'static str {
    match kind {
        DescriptorKind::None => "no descriptor",
        DescriptorKind::File => "a file",
        DescriptorKind::Directory => "a directory",
        DescriptorKind::Pipe => "a pipe",
        DescriptorKind::Tcp => "a TCP socket",
        DescriptorKind::Udp => "a UDP socket",
        DescriptorKind::Unix => "a Unix socket",
        DescriptorKind::Socket => "a socket",
        DescriptorKind::Epoll => "an epoll",
        DescriptorKind::Eventfd => "an eventfd",
        DescriptorKind::Timerfd => "a timerfd",
        DescriptorKind::Signalfd => "a signalfd",
        DescriptorKind::Ring => "an io_uring",
        DescriptorKind::Inotify => "an inotify",
        DescriptorKind::Pidfd => "a pidfd",
        DescriptorKind::Terminal => "a terminal",
        DescriptorKind::CharDevice => "a character device",
        DescriptorKind::BlockDevice => "a block device",
        DescriptorKind::Other => "something else",
    }
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::DescriptorKind;

    use super::NamedCall;
    use crate::findings::scene::{Scene, call};

    #[test]
    fn names_are_shown_and_escaped() {
        let mut scene = Scene::new();
        let file = scene.descriptor(DescriptorKind::File, "/data/\x1b[2Jx");
        let shown =
            |descriptor| NamedCall::of(&scene.record, call(Sysno::read), descriptor).to_string();
        assert_eq!(shown(Some(file)), "read(fd 10, /data/\\x1b[2Jx)");
        assert_eq!(shown(None), "read");
        assert_eq!(
            NamedCall::of(&scene.record, None, None).to_string(),
            "a page that had to be read"
        );
    }

    #[test]
    fn a_descriptor_without_a_name_is_its_kind() {
        let mut scene = Scene::new();
        let pipe = scene.descriptor(DescriptorKind::Pipe, "");
        let named = NamedCall::of(&scene.record, call(Sysno::write), Some(pipe));
        assert_eq!(named.to_string(), "write(fd 10, a pipe)");
    }
}
