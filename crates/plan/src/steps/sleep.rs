//! `sleep = "5 ms"`: waits.

use std::sync::Arc;
use std::time::Duration;

use crate::entry::Entry;
use crate::mistake::MistakeAt;
use crate::{Action, Declares, Step, StepKind, duration_text};

/// Waits so long without using a CPU.
#[derive(Debug)]
pub(crate) struct Sleep {
    duration: Duration,
}

pub(crate) const KIND: StepKind = StepKind {
    name: "sleep",
    summary: "Waits so long without using a CPU.",
    example: "{ sleep = \"5 ms\" }",
    parse,
};

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        Self { duration }
    }
}

impl Step for Sleep {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, _flow: u32) -> Action<'_> {
        Action::Sleep(self.duration)
    }

    fn declares(&self) -> Declares<'_> {
        Declares { sleep: self.duration, ..Declares::default() }
    }

    fn to_value(&self) -> toml::Value {
        duration_text(self.duration).into()
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    Ok(Arc::new(Sleep::new(entry.duration()?)))
}
