//! What the kernel's verifier spends on each program.
//!
//! The verifier walks every path through a program before the kernel takes it, and gives up after
//! a million instructions. How many it needs depends on the kernel: later ones recognise more
//! states as seen already.

use std::time::Duration;

use aya::VerifierLogLevel;
use aya::programs::ProgramError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::programs::{kernel_types, load, make_tables};
use super::refusal::reason;
use super::sites::{SITES, Variant};
use crate::{Error, Options};

/// What the verifier did with one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The program's name.
    pub program: &'static str,
    /// Why the verifier refused it; none if it did not.
    pub refusal: Option<String>,
    /// Instructions that it walked through, each as often as it came there; at most a million.
    pub instructions: u64,
    /// States that it kept in order to recognise them.
    pub states: u64,
    /// Bytes of stack of the program and each of its functions, such as `96+48+0`.
    pub stack: String,
    /// How long it took.
    pub time: Duration,
}

impl Verified {
    /// How many instructions a program may need, half of what the verifier allows: a newer kernel
    /// or another compiler may need more.
    pub const BUDGET: u64 = 500_000;

    /// Whether the verifier took it within the budget.
    #[must_use]
    pub fn is_within_budget(&self) -> bool {
        self.refusal.is_none() && self.instructions <= Self::BUDGET
    }
}

/// Has the kernel verify each program that can be watched with in that detail, fallbacks included,
/// without hooking any in.
///
/// The kernel passes the statistics only with a refusal. So the limit for open files of the whole
/// process is 0 meanwhile, and the kernel has no descriptor to give out for a verified program.
///
/// # Errors
/// As [`watch`](crate::watch), for what is needed before programs are loaded.
pub fn verify(options: &Options) -> Result<Vec<Verified>, Error> {
    let mut ebpf = make_tables(options, VerifierLogLevel::STATS)?;
    let btf = kernel_types()?;
    let sites = SITES.iter().filter(|site| site.is_in(options.detail));
    let mut all = Vec::new();
    for variant in sites.flat_map(|site| site.variants) {
        let usual = getrlimit(Resource::Nofile);
        limit(Rlimit { current: Some(0), maximum: usual.maximum })?;
        let outcome = load(&mut ebpf, variant, &btf);
        limit(usual)?;
        all.extend(verified(variant, &outcome));
    }
    Ok(all)
}

fn limit(to: Rlimit) -> Result<(), Error> {
    setrlimit(Resource::Nofile, to)
        .map_err(|source| Error::Io { tried: "limit open files".into(), source: source.into() })
}

/// None of a program whose tracepoint this kernel has not.
fn verified(variant: &Variant, outcome: &Result<(), ProgramError>) -> Option<Verified> {
    let Err(ProgramError::LoadError { verifier_log, io_error }) = outcome else { return None };
    let out_of_files = io_error.raw_os_error() == Some(libc::EMFILE);
    let log = verifier_log.to_string();
    let refusal = (!out_of_files).then(|| reason(&log).unwrap_or_default());
    Some(Verified { program: variant.program, refusal, ..statistics(&log) })
}

/// Reads what the verifier prints at `BPF_LOG_STATS` (kernel/bpf/verifier.c,
/// `print_verification_stats`).
fn statistics(log: &str) -> Verified {
    let mut read = Verified::default();
    for line in log.lines() {
        if let Some(rest) = line.strip_prefix("verification time ") {
            read.time = Duration::from_micros(first_number(rest));
        } else if let Some(rest) = line.strip_prefix("stack depth ") {
            read.stack = rest.to_owned();
        } else if let Some(rest) = line.strip_prefix("processed ") {
            read.instructions = first_number(rest);
            let states = rest.split_once("total_states ").map_or("", |(_, rest)| rest);
            read.states = first_number(states);
        }
    }
    read
}

fn first_number(text: &str) -> u64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifiers_statistics_are_read() {
        let log = "verification time 5123 usec\n\
                   stack depth 96+48+0\n\
                   processed 7013 insns (limit 1000000) max_states_per_insn 9 total_states 455 \
                   peak_states 291 mark_read 0\n";
        let read = statistics(log);
        assert_eq!(read.time, Duration::from_micros(5123));
        assert_eq!(read.stack, "96+48+0");
        assert_eq!((read.instructions, read.states), (7013, 455));
    }
}
