//! `cpu = "2 ms"`: uses a CPU.

use std::sync::Arc;
use std::time::Duration;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, Step, StepKind, duration_text};

/// Uses so much of a CPU's time.
#[derive(Debug)]
pub(crate) struct Cpu {
    duration: Duration,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "cpu",
    summary: "Uses so much of a CPU's time.",
    example: "{ cpu = \"2 ms\" }",
    parse,
};

impl Step for Cpu {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Cpu(self.duration)
    }

    fn declares(&self) -> Declares<'_> {
        Declares { cpu: self.duration, ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        duration_text(self.duration).into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Cpu { duration: entry.duration()? }))
}
