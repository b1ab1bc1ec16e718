//! Which versions took part.
//!
//! Left out on purpose: what the peers themselves depend on.

use crate::echo;

/// What this program was built from.
const LOCK: &str = include_str!("../Cargo.lock");

/// The packages that are contestants, or that the hand-written ones stand on.
const PACKAGES: &[&str] = &[
    "tokio",
    "monoio",
    "compio",
    "glommio",
    "smol",
    "async-net",
    "async-fs",
    "io-uring",
    "rustix",
    "whywait",
];

/// One line: every peer, libuv and the kernel.
pub(crate) fn line() -> String {
    let package = |name: &&str| Some(format!("{name} {}", locked(LOCK, name)?));
    let mut parts: Vec<String> = PACKAGES.iter().filter_map(package).collect();
    parts.push(
        echo::libuv_version().map_or("no libuv".into(), |version| format!("libuv {version}")),
    );
    let system = rustix::system::uname();
    parts.push(format!("Linux {}", system.release().to_string_lossy()));
    parts.join(", ")
}

/// The newest version of a package in a lock file: where there are two, another package has
/// brought the older one.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let line = format!("name = \"{name}\"");
    let packages = lock.split("[[package]]");
    let package = packages.filter(|package| package.lines().any(|own| own == line)).last();
    package?.lines().find_map(|own| own.strip_prefix("version = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::{LOCK, PACKAGES, locked};

    #[test]
    fn the_last_of_two_versions_counts() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0\"\n\n[[package]]\nname = \"a\"\n\
                    version = \"2.0\"\n\n[[package]]\nname = \"ab\"\nversion = \"3.0\"\n";
        assert_eq!(locked(lock, "a"), Some("2.0"));
        assert_eq!(locked(lock, "b"), None);
    }

    #[test]
    fn every_package_is_in_the_lock_file() {
        for name in PACKAGES {
            assert!(locked(LOCK, name).is_some(), "{name}");
        }
    }
}
