//! What `auto` runs: chosen from what the plan is like and what the machine can do, by one table.
//!
//! The rules never look at a plan's name. `docs/auto.md` explains them with the measurements
//! that they come from.

use std::time::Duration;

use whywait::Model;
use whywait_plan::{Plan, Traits};

use crate::machine;

/// Below this share of the work, waiting is not worth a multiplexer.
const LITTLE_WAITING: f64 = 0.05;

/// Above this share of a worker's time, waiting is all that matters.
const MOSTLY_WAITING: f64 = 0.8;

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// What the plan is like.
    pub traits: Traits,
    /// CPUs that may be used.
    pub cpus: usize,
    /// Whether io_uring runs here.
    pub io_uring: bool,
}

impl Situation {
    /// The plan on this machine.
    #[must_use]
    pub fn here(plan: &Plan) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { traits: plan.traits(), cpus, io_uring: machine::io_uring().is_ok() }
    }

    /// The share of the flows' time that is declared waiting, 0 to 1, if they ran one after
    /// another.
    #[must_use]
    pub fn waiting_share(&self) -> f64 {
        let waiting = self.traits.wait.as_secs_f64();
        let working = self.working_s();
        if waiting + working == 0.0 { 0.0 } else { waiting / (waiting + working) }
    }

    /// Declared CPU, and the kernel's work on files as [`Traits::cpu_share`] estimates it.
    fn working_s(&self) -> f64 {
        let cpu = self.traits.cpu.as_secs_f64();
        match self.traits.cpu_share() {
            0.0 => self.traits.file_calls as f64 * Duration::from_micros(5).as_secs_f64(),
            share => cpu / share,
        }
    }

    /// The model with which one worker waits for many things at once.
    fn multiplexer(&self) -> &'static str {
        if self.io_uring { "uring" } else { "epoll" }
    }

    fn without_io_uring(&self) -> &'static str {
        if self.io_uring { "" } else { " (io_uring does not run here)" }
    }
}

/// One row of the table: when it holds, what is chosen, and why.
#[derive(Debug)]
pub struct Rule {
    /// The rule's name, as the documentation has it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: fn(&Situation) -> bool,
    /// The model, as it is asked for.
    pub model: fn(&Situation) -> String,
    /// Why, as a clause behind "because".
    pub why: fn(&Situation) -> String,
}

/// The table: the first rule that holds decides; the last one always does.
pub const RULES: &[Rule] = &[
    Rule {
        name: "one-flow",
        holds: |situation| situation.traits.flows == 1,
        model: |_| "blocking".into(),
        why: |_| "there is one flow, so nothing can overlap".into(),
    },
    Rule {
        name: "work-on-one-cpu",
        holds: |situation| is_work(situation) && situation.cpus == 1,
        model: |_| "blocking".into(),
        why: |situation| {
            format!("{}, and there is one CPU to do it with", work_in_words(situation))
        },
    },
    Rule {
        name: "work-on-many-cpus",
        holds: is_work,
        model: |situation| format!("thread-pool:{}", situation.cpus),
        why: |situation| {
            format!(
                "{}: a blocking thread for each of the {} CPUs has the least to do besides",
                work_in_words(situation),
                situation.cpus
            )
        },
    },
    Rule {
        name: "waiting-and-work",
        holds: |situation| situation.cpus > 1 && situation.waiting_share() < MOSTLY_WAITING,
        model: |situation| format!("{}-threads:{}", situation.multiplexer(), situation.cpus),
        why: |situation| {
            format!(
                "{}: a loop on each of the {} CPUs overlaps them{}",
                overlap_in_words(situation),
                situation.cpus,
                situation.without_io_uring()
            )
        },
    },
    Rule {
        name: "waiting",
        holds: |_| true,
        model: |situation| situation.multiplexer().into(),
        why: |situation| {
            format!(
                "{}: one loop overlaps them{}",
                overlap_in_words(situation),
                situation.without_io_uring()
            )
        },
    },
];

/// Whether the plan is work, on files or in the program, with next to no waiting to overlap.
fn is_work(situation: &Situation) -> bool {
    situation.waiting_share() < LITTLE_WAITING
        && situation.traits.needs_concurrency <= situation.cpus
}

fn work_in_words(situation: &Situation) -> String {
    let files = situation.traits.file_operation_share() * 100.0;
    let cpu = situation.traits.cpu_share() * 100.0;
    format!(
        "{files:.0} % of the steps are file operations, about {cpu:.0} % of the work is the \
         program's own, and nothing waits for anybody"
    )
}

/// What there is to overlap.
fn overlap_in_words(situation: &Situation) -> String {
    let (share, traits) = (situation.waiting_share(), &situation.traits);
    if share >= MOSTLY_WAITING {
        format!("flows mostly wait, {} at once", traits.max_in_flight)
    } else if share >= LITTLE_WAITING {
        format!("flows wait for {:.0} % of their time and work for the rest", share * 100.0)
    } else {
        format!(
            "{} flows must be able to advance at once, and there {}",
            traits.needs_concurrency,
            match situation.cpus {
                1 => "is 1 CPU".into(),
                cpus => format!("are {cpus} CPUs"),
            }
        )
    }
}

/// Chooses a model for a plan in a situation, and says why.
#[must_use]
pub fn choose(situation: &Situation) -> (Model, String) {
    let rule = RULES.iter().find(|rule| (rule.holds)(situation));
    let rule = rule.expect("the last rule always holds");
    let model = (rule.model)(situation);
    (model.parse().expect("rules name models"), (rule.why)(situation))
}
