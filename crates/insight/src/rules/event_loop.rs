//! A loop that asks which of several descriptors are ready.
//!
//! What makes it one is where the thread returns to, not where its time goes: a loop may be idle,
//! busy, or stalled by a blocking call, and is a loop all the same. poll(2) and select(2) of one
//! descriptor are blocking calls with a time limit, and count as such.

use whywait_report::ThreadModel;

use super::blocking::{SERVES_EACH_AT_ONCE, SERVES_ONE_AT_A_TIME};
use super::rule::{Rule, Test, Tier, at_least, below, is, is_not};
use super::spinner::{POLLS_WITH_PAUSES, POLLS_WITHOUT_PAUSE, SAMPLED_WHILE_POLLING};
use crate::facts::{
    AIO_OF_ITERATIONS, BLOCKED_PER_ITERATION, EVENT_WAIT_SHARE, EVENT_WAITS, FULL, HAS_EPOLL,
    ITERATIONS, MADE_BY_ACCEPTOR, MAIN, SAMPLED_EVENT_CALLS, SOCKETS, ThreadFacts,
};
use crate::words::{count, percent, time};

/// Fewer iterations may be a single wait.
pub(crate) const LEAST_ITERATIONS: u64 = 3;

/// A program may call poll(2) some times when it starts, to find out which descriptors it was given.
const LEAST_WITHOUT_WAIT: f64 = 16.0;

/// Creating an epoll signals intent: accept it even if nearly every iteration blocks.
const BLOCKED_PER_EPOLL: f64 = 100.0;

/// A blocking program calls poll(2) now and then too.
const BLOCKED_PER_POLL: f64 = 2.0;

/// A thread for one connection that polls once or twice whether more comes.
const POLLS_FOR_ITS_CONNECTION: &[Test] = &[
    is_not(&MAIN),
    is(&MADE_BY_ACCEPTOR),
    at_least(&SOCKETS, 1.0),
    below(&ITERATIONS, LEAST_ITERATIONS as f64),
];

/// A thread beside the first that polls once waits for something to end.
const WAITS_FOR_ONE_THING: &[Test] = &[is_not(&MAIN), is_not(&HAS_EPOLL), below(&ITERATIONS, 2.0)];

/// Most iterations wait for requests of io_submit(2).
const IS_AIO: &[Test] = &[at_least(&AIO_OF_ITERATIONS, 0.5)];

/// It returns to its poll, and is something else all the same.
const IS_NO_LOOP: &[&[Test]] = &[
    SERVES_EACH_AT_ONCE,
    SERVES_ONE_AT_A_TIME,
    IS_AIO,
    POLLS_FOR_ITS_CONNECTION,
    POLLS_WITHOUT_PAUSE,
    POLLS_WITH_PAUSES,
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "epoll-loop",
        tier: Tier::Protocol,
        model: ThreadModel::EventLoop,
        tests: &[&[
            is(&HAS_EPOLL),
            at_least(&ITERATIONS, LEAST_ITERATIONS as f64),
            below(&BLOCKED_PER_ITERATION, BLOCKED_PER_EPOLL),
        ]],
        unless: IS_NO_LOOP,
        evidence,
    },
    Rule {
        id: "poll-loop",
        tier: Tier::Protocol,
        model: ThreadModel::EventLoop,
        tests: &[&[
            at_least(&EVENT_WAITS, 1.0),
            at_least(&ITERATIONS, LEAST_ITERATIONS as f64),
            below(&BLOCKED_PER_ITERATION, BLOCKED_PER_POLL),
        ]],
        unless: IS_NO_LOOP,
        evidence,
    },
    Rule {
        id: "poll-loop-without-waits",
        tier: Tier::Protocol,
        model: ThreadModel::EventLoop,
        tests: &[&[
            at_least(&ITERATIONS, LEAST_WITHOUT_WAIT),
            below(&BLOCKED_PER_ITERATION, BLOCKED_PER_POLL),
        ]],
        unless: &[
            SERVES_EACH_AT_ONCE,
            SERVES_ONE_AT_A_TIME,
            IS_AIO,
            POLLS_WITHOUT_PAUSE,
            POLLS_WITH_PAUSES,
        ],
        evidence,
    },
    Rule {
        id: "sampled-as-loop",
        tier: Tier::Protocol,
        model: ThreadModel::EventLoop,
        // A loop under full load never sleeps, so light detail counts no iteration.
        tests: &[&[is_not(&FULL), at_least(&SAMPLED_EVENT_CALLS, 0.05)]],
        unless: &[
            SERVES_EACH_AT_ONCE,
            SERVES_ONE_AT_A_TIME,
            IS_AIO,
            POLLS_WITHOUT_PAUSE,
            POLLS_WITH_PAUSES,
            SAMPLED_WHILE_POLLING,
        ],
        evidence: |facts| {
            format!(
                "Of the samples of it {} are in epoll_wait; it hardly slept \
                 there, and used a CPU for {}.",
                percent(facts.profile.sampled_events),
                facts.of_life(facts.ledger.cpu_ns()),
            )
        },
    },
    Rule {
        id: "waits-for-events",
        tier: Tier::Protocol,
        model: ThreadModel::EventLoop,
        tests: &[&[at_least(&EVENT_WAITS, 1.0), at_least(&EVENT_WAIT_SHARE, 0.5)]],
        unless: &[
            WAITS_FOR_ONE_THING,
            SERVES_EACH_AT_ONCE,
            SERVES_ONE_AT_A_TIME,
            IS_AIO,
            POLLS_FOR_ITS_CONNECTION,
            POLLS_WITHOUT_PAUSE,
            POLLS_WITH_PAUSES,
        ],
        evidence,
    },
];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let profile = &facts.profile;
    let call =
        if profile.has_epoll { "epoll_wait" } else { "poll or select of several descriptors" };
    let beside = match profile.blocked {
        0 => String::new(),
        blocked => format!(", with {} beside", count(blocked, "blocking sleep")),
    };
    let times = match profile.iterations {
        1 => "once".to_owned(),
        times => count(times, "time"),
    };
    format!(
        "Returned to {call} {times}, and slept there for {} ({}){beside}.",
        time(profile.event_wait_ns),
        facts.of_life(profile.event_wait_ns),
    )
}
