//! A thread that asks again and again.
//!
//! It may do so as fast as it can, or sleep a little between: either way nobody tells it, and it
//! finds out by asking.
//!
//! Left out on purpose: asking that never leaves the program's own code, such as a loop over a
//! variable, which cannot be told from computing.

use super::{Match, ThreadFacts};
use crate::words::{count, percent, time};

/// More CPU time than this per question is work that is done between questions.
const LONGEST_PER_QUESTION_NS: u64 = 500_000;

/// Fewer questions are somebody's look before the real wait.
const LEAST_QUESTIONS: u64 = 5;

/// From this share of the calls that were sampled on, in light detail.
const SAMPLED_AT_ONCE: f64 = 0.6;

/// From this share of the CPU time on that went into calls, in light detail: a slow interpreter is in
/// a call for a fifth of the time.
const LEAST_IN_CALLS: f64 = 0.1;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    without_pause(subject).or_else(|| with_pauses(subject)).or_else(|| sampled(subject))
}

fn without_pause(subject: &ThreadFacts<'_>) -> Option<Match> {
    let spinning_ns = subject.ledger.spinning_ns;
    let questions = subject.profile.empty_polls;
    let share = subject.share(spinning_ns);
    let of_cpu = crate::share(spinning_ns, subject.ledger.cpu_ns());
    if !subject.is_full()
        || questions < LEAST_QUESTIONS
        || of_cpu < 0.5
        || subject.share(subject.ledger.cpu_ns()) < 0.5
        || spinning_ns / questions > LONGEST_PER_QUESTION_NS
    {
        return None;
    }
    Some(Match {
        // Surer than a loop is one: this one asks for events, and there are none.
        confidence: 0.985 + 0.01 * share,
        evidence: format!(
            "Asked {} in vain, which took {} of CPU time ({}).",
            count(questions, "time"),
            time(spinning_ns),
            subject.of_life(spinning_ns),
        ),
    })
}

fn with_pauses(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let told = profile.event_waits.saturating_mul(4) > profile.empty_polls;
    let pauses = profile.slept.saturating_mul(2) >= profile.empty_polls;
    let share = subject.share(subject.ledger.sleep_ns);
    if profile.empty_polls < LEAST_QUESTIONS || told || !pauses || share < 0.5 {
        return None;
    }
    Some(Match {
        confidence: 0.78 + 0.15 * share,
        evidence: format!(
            "Asked {} in vain and slept between, for {} in all ({}).",
            count(profile.empty_polls, "time"),
            time(subject.ledger.sleep_ns),
            subject.of_life(subject.ledger.sleep_ns),
        ),
    })
}

/// In light detail calls are not counted, but those that the sampling timer hits are known.
fn sampled(subject: &ThreadFacts<'_>) -> Option<Match> {
    let cpu_ns = subject.ledger.cpu_ns();
    let profile = &subject.profile;
    let in_calls = crate::share(subject.ledger.cpu_kernel_ns, cpu_ns);
    if subject.is_full()
        || profile.sampled_at_once < SAMPLED_AT_ONCE
        || profile.all_iterations() > 0
        || in_calls < LEAST_IN_CALLS
        || subject.share(cpu_ns) < 0.8
    {
        return None;
    }
    Some(Match {
        confidence: 0.85,
        evidence: format!(
            "Used a CPU for {}, and of the calls that it was seen in {} were made so \
             that they return at once.",
            subject.of_life(cpu_ns),
            percent(profile.sampled_at_once),
        ),
    })
}
