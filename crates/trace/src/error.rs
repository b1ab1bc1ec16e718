//! Why watching was not possible.
//!
//! Left out on purpose: what was lost while it was; see `Losses`. And `RLIMIT_MEMLOCK`: since Linux
//! 5.11 it does not limit tables in the kernel, and older kernels are not watched.

use std::io;

use crate::permission::{Lack, remedy};

/// Why watching was not possible. Names in it are the program's bytes: **escape before showing**.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no program to start.
    #[error("cannot start a program: the command is empty")]
    EmptyCommand,
    /// The program is not there.
    #[error("cannot start {program}: there is no such program")]
    NotFound {
        /// As it was named.
        program: String,
    },
    /// The program is there, and cannot be executed.
    #[error("cannot start {program}: {source}")]
    NotExecutable {
        /// As it was named.
        program: String,
        /// What execve(2) said.
        source: io::Error,
    },
    /// The system could not make a process for the program.
    #[error("cannot start {program}: {tried} failed: {source}")]
    NotStarted {
        /// As it was named.
        program: String,
        /// What was tried, such as `making a process`.
        tried: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// There is no process of that number.
    #[error("cannot watch process {pid}: there is no such process")]
    NoSuchProcess {
        /// Which.
        pid: u32,
    },
    /// The process has ended, and only its number is left until its parent asks for it.
    #[error("cannot watch process {pid}: it has ended already")]
    Ended {
        /// Which.
        pid: u32,
    },
    /// The number is that of a thread which is not its process's first.
    #[error("cannot watch {tid}: it is a thread of process {pid}, not a process")]
    IsThread {
        /// The number.
        tid: u32,
        /// Its process.
        pid: u32,
    },
    /// The process is whywait.
    #[error("cannot watch process {pid}: it is whywait itself")]
    IsItself {
        /// Which.
        pid: u32,
    },
    /// The process is one of the kernel's own, without a program.
    #[error("cannot watch process {pid} ({name}): it is a thread of the kernel")]
    IsKernelThread {
        /// Which.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// whywait is not allowed to.
    #[error("not allowed to {tried}: {}", reasons(lacking))]
    NoPermission {
        /// What was tried and refused, such as `load programs into the kernel`.
        tried: String,
        /// What whywait lacks; empty if that is not known.
        lacking: Vec<Lack>,
    },
    /// The kernel does not describe its own types.
    #[error("cannot watch: this kernel does not describe its types (no {path})")]
    NoBtf {
        /// Where the description should be.
        path: &'static str,
    },
    /// The kernel lacks something else that watching cannot do without.
    #[error("cannot watch: kernel {release} does not have {feature}")]
    Unsupported {
        /// What it lacks, and since which Linux there is such a thing.
        feature: String,
        /// Its release, as uname(2) tells it.
        release: String,
    },
    /// The kernel's verifier refused a program that should pass.
    #[error("cannot watch: kernel {release} refused the BPF program {program}: {reason}")]
    Refused {
        /// The program, by its name in the object.
        program: &'static str,
        /// What the verifier said.
        reason: String,
        /// The kernel's release, as uname(2) tells it.
        release: String,
    },
    /// Something else failed.
    #[error("cannot {tried}: {source}")]
    Io {
        /// What was tried, such as `read /proc/7/stat`.
        tried: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::EmptyCommand => "Give the program and its arguments after `--`.".into(),
            Self::NotFound { program } if program.contains('/') => {
                "Check the path; of a script, check also that the interpreter after `#!` exists."
                    .into()
            }
            Self::NotFound { .. } => {
                "Check the spelling, or give a path: the program is in no directory of PATH.".into()
            }
            Self::NotExecutable { source, .. } => not_executable(source).into(),
            Self::NotStarted { .. } => {
                "Check the limits for processes, memory and open files (`ulimit -a`).".into()
            }
            Self::NoSuchProcess { .. } => {
                "Check the number. In a container, it is the number inside that counts.".into()
            }
            Self::Ended { .. } => "Start it anew under whywait: whywait explain -- CMD.".into(),
            Self::IsThread { pid, .. } => format!("Watch the whole process: --pid {pid}."),
            Self::IsItself { .. } => "Give the number of another process.".into(),
            Self::IsKernelThread { .. } => {
                "Watch the program for which the kernel works; there is nothing to see here.".into()
            }
            Self::NoPermission { lacking, .. } => remedy(lacking),
            Self::NoBtf { .. } => {
                "Use a kernel that is built with CONFIG_DEBUG_INFO_BTF=y, as those of all large \
                 distributions are since 2021."
                    .into()
            }
            Self::Unsupported { release, .. } => unsupported(release).into(),
            Self::Refused { release, .. } if is_too_old(release) => unsupported(release).into(),
            Self::Refused { .. } => "This is a fault of whywait, not of your program: report it \
                                     with this message. `--detail light` loads fewer programs \
                                     and may work."
                .into(),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::OutOfMemory => "Free some memory and try again.".into(),
                io::ErrorKind::NotFound => "Check that /proc and /sys are mounted.".into(),
                _ => "Try again; if it stays so, report it together with this message.".into(),
            },
        }
    }

    /// The exit status by which a front end passes this on: as shells and `env(1)` do, 127 for a
    /// program that was not found, 126 for one that cannot be executed, and 125 for a failure of
    /// whywait's own.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
            _ => 125,
        }
    }
}

/// The oldest Linux on which watching can work, by what it needs (docs/watching.md).
const OLDEST: (u32, u32) = (5, 14);

/// Whether a release is older than the oldest; false of one that has no numbers.
fn is_too_old(release: &str) -> bool {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
        _ => false,
    }
}

fn unsupported(release: &str) -> &'static str {
    if is_too_old(release) {
        "Use Linux 5.14 or later."
    } else {
        "This kernel is new enough, but was built without it: use one of a distribution, or build \
         it with CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF."
    }
}

fn not_executable(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "Check that it is a file (no directory), that you may execute it, and that you may \
             enter each directory above it."
        }
        io::ErrorKind::ArgumentListTooLong => "Give it fewer or shorter arguments.",
        _ => "Check that it is a program for this machine.",
    }
}

fn reasons(lacking: &[Lack]) -> String {
    if lacking.is_empty() {
        return "the kernel refused it for a reason that it does not tell".into();
    }
    lacking.iter().map(Lack::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Capability;

    #[test]
    fn a_refusal_says_what_lacks_and_what_to_do() {
        let error = Error::NoPermission {
            tried: "load programs into the kernel".into(),
            lacking: vec![
                Lack::Capability(Capability::Bpf),
                Lack::Sysctl { name: "kernel.unprivileged_bpf_disabled", value: 2 },
                Lack::Capability(Capability::Perfmon),
            ],
        };
        assert_eq!(
            error.to_string(),
            "not allowed to load programs into the kernel: CAP_BPF is missing, \
             kernel.unprivileged_bpf_disabled is 2, CAP_PERFMON is missing"
        );
        assert_eq!(error.advice(), "Run whywait as root, or with CAP_BPF and CAP_PERFMON.");
    }

    #[test]
    fn a_kernel_that_is_new_enough_is_never_called_too_old() {
        for release in ["6.1.0-57-cloud-amd64", "5.14.0", "6.18.44", "10.0", "unknown"] {
            let feature = "BPF task storage (Linux 5.11)".to_owned();
            let unsupported = Error::Unsupported { feature, release: release.into() };
            let reason = "BPF program is too large".to_owned();
            let refused = Error::Refused { program: "on_exit", reason, release: release.into() };
            for advice in [unsupported.advice(), refused.advice()] {
                assert!(!advice.contains("or later") && !advice.contains("newer"), "{advice}");
            }
        }
        let reason = "unknown func".to_owned();
        let refused = Error::Refused { program: "on_exit", reason, release: "5.10.0-8".into() };
        assert_eq!(refused.advice(), "Use Linux 5.14 or later.");
        assert!(refused.to_string().contains("5.10.0-8 refused the BPF program on_exit"));
    }

    #[test]
    fn a_refusal_for_no_known_reason_points_to_security_modules() {
        let error = Error::NoPermission { tried: "x".into(), lacking: vec![] };
        assert!(error.advice().contains("SELinux"), "{}", error.advice());
    }

    #[test]
    fn exit_statuses_are_those_of_a_shell() {
        let program = || "x".to_owned();
        assert_eq!(Error::NotFound { program: program() }.exit_status(), 127);
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(Error::NotExecutable { program: program(), source }.exit_status(), 126);
        assert_eq!(Error::EmptyCommand.exit_status(), 125);
    }
}
