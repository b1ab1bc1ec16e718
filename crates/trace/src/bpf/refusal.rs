//! Why the kernel refused something, as an error for people.
//!
//! aya's errors have the system's error among their causes, and what the kernel's verifier printed.

use std::io;

use aya::maps::MapType;
use aya::programs::{ProgramError, ProgramType};
use aya::sys::{is_map_supported, is_program_supported};
use aya::{BtfError, EbpfError};
use rustix::system::uname;

use super::sites::{Hook, Variant};
use crate::Error;
use crate::permission::lacking;

/// Where the kernel describes its types.
pub(super) const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

const LOADING: &str = "load programs into the kernel";

/// The kernel did not take a program.
pub(super) fn not_loaded(variant: &Variant, error: &ProgramError) -> Error {
    match error {
        _ if is_forbidden(error) => refused(LOADING, error),
        ProgramError::LoadError { io_error, verifier_log } => {
            let reason = reason(&verifier_log.to_string()).unwrap_or_else(|| io_error.to_string());
            absent().unwrap_or_else(|| Error::Refused {
                program: variant.program,
                reason,
                release: release(),
            })
        }
        ProgramError::Btf(BtfError::UnknownBtfTypeName { .. }) => absent().unwrap_or_else(|| {
            unsupported(match variant.hook {
                Hook::Tracepoint(name) => format!("the tracepoint {name}"),
                Hook::Tasks => "iterators over tasks".to_owned(),
                Hook::Sampler => "sampling".to_owned(),
            })
        }),
        other => refused(LOADING, other),
    }
}

/// The kernel did not make the maps.
pub(super) fn no_maps(error: &EbpfError) -> Error {
    match refused("make maps in the kernel", error) {
        Error::Io { tried, source } => absent().unwrap_or(Error::Io { tried, source }),
        other => other,
    }
}

/// Whether the kernel refused because whywait is not allowed to, before it looked at a program.
pub(super) fn is_forbidden(error: &ProgramError) -> bool {
    let read = match error {
        ProgramError::LoadError { verifier_log, .. } => !verifier_log.to_string().is_empty(),
        _ => false,
    };
    !read
        && system_error(error)
            .is_some_and(|source| source.kind() == io::ErrorKind::PermissionDenied)
}

/// Why the kernel refused, from the first cause that is an error of the system.
pub(super) fn refused(tried: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    let tried = tried.to_owned();
    match system_error(error).map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => Error::NoPermission { tried, lacking: lacking() },
        Some(kind) => Error::Io { tried, source: io::Error::new(kind, with_causes(error)) },
        None => Error::Io { tried, source: io::Error::other(with_causes(error)) },
    }
}

/// The kernel does not describe its types, or they cannot be read.
pub(super) fn no_types(error: &BtfError) -> Error {
    match error {
        BtfError::FileError { error, .. } if error.kind() == io::ErrorKind::NotFound => {
            Error::NoBtf { path: BTF_PATH }
        }
        other => refused("read the kernel's description of its types", other),
    }
}

/// What watching cannot do without and this kernel has not, if that can be told: it is looked for
/// only after a refusal.
fn absent() -> Option<Error> {
    let maps = [
        (MapType::Queue, "queues as BPF maps (Linux 4.20)"),
        (MapType::RingBuf, "the BPF ring buffer (Linux 5.8)"),
        (MapType::TaskStorage, "BPF task storage (Linux 5.11)"),
    ];
    let mut missing = maps.iter().filter(|(kind, _)| matches!(is_map_supported(*kind), Ok(false)));
    if let Some((_, name)) = missing.next() {
        return Some(unsupported((*name).to_owned()));
    }
    matches!(is_program_supported(ProgramType::Tracing), Ok(false))
        .then(|| unsupported("BPF programs on typed tracepoints (Linux 5.5)".to_owned()))
}

fn unsupported(feature: String) -> Error {
    Error::Unsupported { feature, release: release() }
}

/// The kernel's release, as uname(2) has it.
fn release() -> String {
    uname().release().to_string_lossy().into_owned()
}

/// The first error of the system among an error's causes.
fn system_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(source) = this.downcast_ref::<io::Error>() {
            return Some(source);
        }
        cause = this.source();
    }
    None
}

/// What an error says, and each of its causes.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        let reason = this.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = this.source();
    }
    text
}

/// What the verifier says last before its statistics, and of which function; none if it says
/// nothing.
pub(super) fn reason(log: &str) -> Option<String> {
    let is_statistics = |line: &&str| {
        ["processed ", "verification time ", "stack depth ", "max_states_per_insn"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let lines = log.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.rev().find(|line| !is_statistics(line))?;
    let function = log.lines().rev().find_map(|line| line.strip_prefix("Validating "));
    Some(match function.and_then(|rest| rest.split_once("()")) {
        Some((function, _)) => format!("in {function}: {said}"),
        None => said.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_the_verifier_says_before_its_statistics() {
        let log = "func#0 @0\n\
                   BPF program is too large. Processed 1000001 insn\n\
                   verification time 16123456 usec\n\
                   stack depth 128+0\n\
                   processed 1000001 insns (limit 1000000) max_states_per_insn 33\n";
        let reason = reason(log).expect("there is one");
        assert_eq!(reason, "BPF program is too large. Processed 1000001 insn");
    }

    #[test]
    fn the_reason_names_the_function_that_was_verified_last() {
        let log = "Validating find_call() func#3...\n\
                   Func#3 is safe for any args that match its prototype\n\
                   Validating new_call() func#4...\n\
                   R1 invalid mem access 'scalar'\n\
                   processed 30 insns (limit 1000000)\n";
        let reason = reason(log).expect("there is one");
        assert_eq!(reason, "in new_call: R1 invalid mem access 'scalar'");
    }

    #[test]
    fn a_log_of_statistics_has_no_reason() {
        assert_eq!(reason("processed 3 insns (limit 1000000)\n"), None);
        assert_eq!(reason(""), None);
    }
}
