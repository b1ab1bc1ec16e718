//! A line of `/proc/net/unix` (`proc_pid_net(5)`).
//!
//! Left out on purpose: who the peer is, which these lines do not say.

/// `__SO_ACCEPTCON` of the kernel's `linux/net.h`.
const ACCEPTS_CONNECTIONS: u32 = 1 << 16;

/// A Unix socket, from its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixLine {
    /// The number that `/proc/PID/fd` has of it.
    pub inode: u64,
    /// The path or, with `@` in front, the abstract name that it is bound to.
    pub name: Option<String>,
    /// Whether it takes connections.
    pub is_listening: bool,
}

impl UnixLine {
    /// From the line; none of the heading.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        // Num RefCount Protocol Flags Type St Inode Path; the path may hold any bytes, spaces at
        // its ends included, and is set off by one space.
        let mut rest = line;
        let mut field = || {
            let begin = rest.iter().position(|byte| *byte != b' ')?;
            let end = rest[begin..].iter().position(|byte| *byte == b' ');
            let end = end.map_or(rest.len(), |end| begin + end);
            let field = str::from_utf8(&rest[begin..end]).ok();
            rest = &rest[end..];
            field
        };
        field()?.strip_suffix(':')?;
        field()?;
        field()?;
        let flags = u32::from_str_radix(field()?, 16).ok()?;
        field()?;
        field()?;
        let inode = field()?.parse().ok()?;
        let is_listening = flags & ACCEPTS_CONNECTIONS != 0;
        let name = rest.strip_prefix(b" ").filter(|name| !name.is_empty());
        let name = name.map(|name| String::from_utf8_lossy(name).into_owned());
        Some(Self { inode, name, is_listening })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    const FIELDS: &[u8] = b"ffff9a: 00000002 00000000 00010000 0001 01";

    #[test]
    fn names_may_hold_spaces() {
        let parsed = |rest: &[u8]| UnixLine::parse(&[FIELDS, rest].concat());
        let named =
            |name: &str| Some(UnixLine { inode: 21, name: Some(name.into()), is_listening: true });
        assert_eq!(parsed(b" 21 /run/a b"), named("/run/a b"));
        assert_eq!(parsed(b"    21 @abstract"), named("@abstract"));
        assert_eq!(parsed(b" 21"), Some(UnixLine { inode: 21, name: None, is_listening: true }));
        assert_eq!(parsed(b" x"), None);
        assert_eq!(
            UnixLine::parse(b"Num       RefCount Protocol Flags    Type St Inode Path"),
            None
        );
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in "[^\n\0]{1,99}") {
            let parsed = UnixLine::parse(&[FIELDS, b" 7 ", name.as_bytes()].concat());
            assert_eq!(parsed, Some(UnixLine { inode: 7, name: Some(name), is_listening: true }));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = UnixLine::parse(&bytes);
            let _ = UnixLine::parse(&[FIELDS, bytes.as_slice()].concat());
        }
    }
}
