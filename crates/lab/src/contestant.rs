//! One model in a comparison: what the report says of it, and what became of it so far.

use whywait::{Control, Model, Notice, WorkersKind};
use whywait_report::{Chosen, Contestant, WorkerKind, Workers};

use crate::{Situation, choose};

/// A model, and what runs for it.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    /// What runs; never `auto`.
    pub(crate) model: Model,
    /// How the report shows it, under the name that was asked for.
    pub(crate) contestant: Contestant,
}

impl Entrant {
    /// The entrant for a model that was asked for; `auto` chooses.
    pub(crate) fn new(asked: Model, situation: &Situation) -> Self {
        if asked.row().workers != WorkersKind::Chosen {
            return Self { model: asked, contestant: describe(asked, asked, None) };
        }
        let (model, why) = choose(situation);
        let chosen = Chosen { model: model.to_string(), why };
        Self { model, contestant: describe(asked, model, Some(chosen)) }
    }

    /// The same with so many workers, where their number was not asked for and can be set.
    pub(crate) fn with_workers(mut self, workers: usize) -> Self {
        let row = self.model.row();
        if row.workers.is_counted() && self.model.count().is_none() {
            let counted = format!("{}:{workers}", row.name).parse();
            self.model = counted.expect("a model that is counted, and a number");
            self.contestant.workers.count = workers as u64;
        }
        self
    }
}

fn describe(asked: Model, model: Model, chosen: Option<Chosen>) -> Contestant {
    let row = model.row();
    let driver = model.driver();
    Contestant {
        model: asked.to_string(),
        control: row.control.map(|control| match control {
            Control::Blocking => whywait_report::Control::Blocking,
            Control::NonBlocking => whywait_report::Control::NonBlocking,
        }),
        notice: row.notice.map(|notice| match notice {
            Notice::Synchronous => whywait_report::Notice::Synchronous,
            Notice::Asynchronous => whywait_report::Notice::Asynchronous,
        }),
        driver: driver.map_or("", |driver| driver.name).into(),
        workers: Workers {
            kind: match row.workers {
                WorkersKind::One | WorkersKind::Chosen => WorkerKind::One,
                WorkersKind::ThreadPerFlow => WorkerKind::ThreadPerFlow,
                WorkersKind::Threads => WorkerKind::Threads,
                WorkersKind::Processes => WorkerKind::Processes,
                WorkersKind::ProcessPerFlow => WorkerKind::ProcessPerFlow,
            },
            count: model.workers().map_or(0, |count| count.get() as u64),
            helpers: driver.map_or(0, |driver| (driver.helpers)(&Default::default()) as u64),
        },
        chosen,
    }
}
