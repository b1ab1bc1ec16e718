//! The first program of the guest: a script that prepares it, runs the steps and powers it off.
//!
//! It writes the steps' output and the marks between them to the second serial port; the first one
//! is the kernel's. [`Outcome`](super::outcome::Outcome) reads them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::step::Step;

/// How a mark begins: before it is a newline, after it `begin STEP UPTIME_S` or
/// `end STEP EXIT_CODE UPTIME_S`.
pub(super) const MARK: &str = "@kernels";

/// Where the C programs are that the tests do not compile there.
pub(super) const PROGRAMS: &str = "/programs";

/// Prepares the guest as a Debian machine would be: the usual file systems, a loopback device.
const PREPARE: &str = r#"#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin
mkdir -p /proc /sys /dev /run /tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
stty -F /dev/ttyS1 raw
exec </dev/null >/dev/ttyS1 2>&1
ip link set lo up
"#;

/// Runs a step. Whatever it leaves behind ends with it: from the first process, `kill -1` reaches
/// every other one.
const STEP: &str = r#"
step() {
    read -r uptime rest </proc/uptime
    printf '\n%s begin %s %s\n' "$mark" "$1" "$uptime"
    (cd /tmp && exec timeout -k 5 "$2" sh -c "$3")
    code=$?
    kill -KILL -1 2>/dev/null
    read -r uptime rest </proc/uptime
    printf '\n%s end %s %s %s\n' "$mark" "$1" "$code" "$uptime"
}
"#;

/// The script for these steps. `modules` are loaded in that order; on `temporary`, the directory
/// that fixtures write to, is a disk with ext4. Everything else is in memory.
pub(super) fn script(steps: &[&Step], modules: &[PathBuf], temporary: &Path) -> String {
    let mut script = PREPARE.to_owned();
    for module in modules {
        let _ = writeln!(script, "insmod {}", quoted(&module.to_string_lossy()));
    }
    // The driver finds the disk a moment after it is loaded.
    script.push_str("for try in $(seq 100); do [ -b /dev/nvme0n1 ] || sleep 0.1; done\n");
    let temporary = quoted(&temporary.to_string_lossy());
    let _ = writeln!(script, "mount -t ext4 /dev/nvme0n1 {temporary}");
    let _ = writeln!(script, "export HOME=/tmp CI=true NO_COLOR=1 TERM=dumb");
    let _ = writeln!(script, "export WHYWAIT_TEST_PROGRAMS={PROGRAMS} WHYWAIT_TEST_EMULATED=1");
    let _ = writeln!(script, "mark={MARK}");
    script.push_str(STEP);
    for step in steps {
        let command = quoted(&step.command());
        let _ = writeln!(script, "step {} {} {command}", step.name, step.limit_s);
    }
    script.push_str("sync\npoweroff -f\n");
    script
}

/// A word of shell that stands for `text`.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{quoted, script};
    use crate::kernels::step::STEPS;

    #[test]
    fn every_step_is_a_line_after_what_it_needs() {
        let steps: Vec<_> = STEPS.iter().collect();
        let script = script(&steps, &[PathBuf::from("/a b.ko")], Path::new("/t"));
        let lines: Vec<&str> = script.lines().collect();
        let at = |wanted: &str| lines.iter().position(|line| line.starts_with(wanted));
        assert!(at("insmod '/a b.ko'") < at("mount -t ext4"));
        assert!(at("mount -t ext4 /dev/nvme0n1 '/t'") < at("step "));
        assert_eq!(lines.iter().filter(|line| line.starts_with("step ")).count(), STEPS.len());
        assert_eq!(lines.last(), Some(&"poweroff -f"));
    }

    #[test]
    fn a_quoted_word_is_the_text_in_a_shell() {
        let text = "it's $HOME \"and\" `all`";
        let script = format!("printf %s {}", quoted(text));
        let output = std::process::Command::new("sh").args(["-c", &script]).output();
        assert_eq!(output.expect("a shell").stdout, text.as_bytes());
    }
}
