//! What whywait lacks in order to be allowed to watch.
//!
//! Left out on purpose: asking the kernel by trying. This is for after a refusal, to say why it
//! was one; a kernel with other security modules may refuse for reasons that are not known here.

use std::fmt;
use std::fs;

/// One thing that stands in the way of watching.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// A capability that whywait does not have (`capabilities(7)`).
    Capability(Capability),
    /// A setting of the kernel under which nobody without that capability is let through.
    Sysctl {
        /// Its name, such as `kernel.perf_event_paranoid`.
        name: &'static str,
        /// What it is set to.
        value: i64,
    },
    /// Capabilities count only in the first user namespace, and whywait runs in another, as it
    /// does in an unprivileged container.
    UserNamespace,
    /// A seccomp filter is on whywait, as in a container with a default profile.
    Seccomp,
    /// The kernel is locked down (`kernel_lockdown.7`).
    Lockdown,
}

/// A capability that watching needs (`capabilities(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// To read `/proc` of another user's process.
    SysPtrace,
    /// To let programs in the kernel look at any task, and to sample.
    Perfmon,
    /// To load programs into the kernel.
    Bpf,
}

impl Capability {
    /// What stands for it and for everything else; before Linux 5.8 there was only this.
    const SYS_ADMIN: u32 = 21;

    /// The kernel's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SysPtrace => "CAP_SYS_PTRACE",
            Self::Perfmon => "CAP_PERFMON",
            Self::Bpf => "CAP_BPF",
        }
    }

    /// The kernel's number of it (`linux/capability.h`).
    const fn number(self) -> u32 {
        match self {
            Self::SysPtrace => 19,
            Self::Perfmon => 38,
            Self::Bpf => 39,
        }
    }

    /// The setting that demands it of those who load programs or sample.
    const fn sysctl(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::SysPtrace => None,
            Self::Perfmon => {
                Some(("kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid"))
            }
            Self::Bpf => Some((
                "kernel.unprivileged_bpf_disabled",
                "/proc/sys/kernel/unprivileged_bpf_disabled",
            )),
        }
    }

    /// Whether a set of capabilities, as a bit mask, lets its owner do what this one allows.
    /// CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, but not for CAP_SYS_PTRACE.
    fn is_in(self, mask: u64) -> bool {
        let holds = |number: u32| mask >> number & 1 == 1;
        holds(self.number()) || (self != Self::SysPtrace && holds(Self::SYS_ADMIN))
    }
}

/// What whywait lacks in order to load programs into the kernel that watch: to be called when
/// bpf(2) or perf_event_open(2) said EPERM or EACCES. Empty when nothing is found, which means
/// that a security module refused.
#[must_use]
pub fn lacking() -> Vec<Lack> {
    let mut lacks = lacking_of(&[Capability::Bpf, Capability::Perfmon]);
    if fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !maps_everybody(&map)) {
        lacks.push(Lack::UserNamespace);
    }
    if own_status(SECCOMP).is_some_and(|value| value.trim() != "0") {
        lacks.push(Lack::Seccomp);
    }
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    // The level in force stands in brackets. At the lower one, `integrity`, watching is allowed.
    if lockdown.contains("[confidentiality]") {
        lacks.push(Lack::Lockdown);
    }
    lacks
}

/// What whywait lacks in order to read what `/proc` says of another user's process.
#[must_use]
pub fn lacking_for_proc() -> Vec<Lack> {
    lacking_of(&[Capability::SysPtrace])
}

fn lacking_of(needed: &[Capability]) -> Vec<Lack> {
    // Who cannot read its own status is told all that it may lack.
    let mask = own_status(CAP_EFF).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let missing = needed.iter().filter(|capability| !capability.is_in(mask.unwrap_or(0)));
    let lacks_of = |capability: &Capability| {
        let sysctl = capability.sysctl().and_then(|(name, path)| {
            let value = fs::read_to_string(path).ok()?.trim().parse().ok()?;
            (value > 0).then_some(Lack::Sysctl { name, value })
        });
        [Some(Lack::Capability(*capability)), sysctl]
    };
    missing.flat_map(lacks_of).flatten().collect()
}

const CAP_EFF: &str = "CapEff:";
const SECCOMP: &str = "Seccomp:";

fn own_status(field: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(field)).map(str::to_owned)
}

/// Whether a user namespace's map (`user_namespaces(7)`) is that of the first one.
fn maps_everybody(map: &str) -> bool {
    let mut words = map.split_whitespace();
    [words.next(), words.next(), words.next()] == [Some("0"), Some("0"), Some("4294967295")]
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(capability) => write!(formatter, "{} is missing", capability.name()),
            Self::Sysctl { name, value } => write!(formatter, "{name} is {value}"),
            Self::UserNamespace => formatter
                .write_str("whywait runs in a user namespace, where capabilities do not count"),
            Self::Seccomp => formatter.write_str("a seccomp filter is on whywait"),
            Self::Lockdown => formatter.write_str("the kernel is locked down for confidentiality"),
        }
    }
}

/// What to do about all that is lacking, in a sentence or two.
#[must_use]
pub fn remedy(lacks: &[Lack]) -> String {
    let mut sentences = Vec::new();
    let capabilities: Vec<&str> = lacks.iter().filter_map(Lack::capability).collect();
    if !capabilities.is_empty() {
        sentences.push(format!("Run whywait as root, or with {}.", capabilities.join(" and ")));
    }
    sentences.extend(lacks.iter().filter_map(Lack::remedy).map(str::to_owned));
    if sentences.is_empty() {
        return "Look whether a security module, such as SELinux or AppArmor, forbids it.".into();
    }
    sentences.join(" ")
}

impl Lack {
    fn capability(&self) -> Option<&'static str> {
        match self {
            Self::Capability(capability) => Some(capability.name()),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<&'static str> {
        match self {
            // Nobody should weaken a machine's settings in order to watch one program, and for
            // these programs that would not be enough: the capability is what is needed.
            Self::Capability(_) | Self::Sysctl { .. } => None,
            Self::UserNamespace => Some("Run it outside the container."),
            Self::Seccomp => {
                Some("Let the container's seccomp profile allow bpf and perf_event_open.")
            }
            Self::Lockdown => Some("Boot without lockdown=confidentiality."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_great_capability_stands_for_the_small_ones() {
        let admin = 1 << Capability::SYS_ADMIN;
        assert!(Capability::Bpf.is_in(admin) && Capability::Perfmon.is_in(admin));
        assert!(!Capability::SysPtrace.is_in(admin));
        assert!(Capability::Bpf.is_in(1 << 39) && !Capability::Bpf.is_in(1 << 38));
    }

    #[test]
    fn only_the_first_user_namespace_maps_everybody() {
        assert!(maps_everybody("         0          0 4294967295\n"));
        assert!(!maps_everybody("         0       1000          1\n"));
        assert!(!maps_everybody(""));
    }
}
