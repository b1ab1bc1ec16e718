//! What a check is.

use whywait_driver::Limits;

use crate::stage::Stage;

/// One thing that is true of every driver.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name, as the test's.
    pub name: &'static str,
    /// What a driver must be able to do for `holds` to be asserted.
    pub needs: &'static [Need],
    /// Asserts the thing.
    pub holds: fn(&mut Stage),
    /// Asserts what a driver that lacks a need does instead.
    pub otherwise: fn(&mut Stage),
    /// Whether other checks may run in the process meanwhile.
    pub company: Company,
}

/// What a check may need of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// [`Limits::overlap`].
    Overlap,
    /// [`Limits::interrupts_running`].
    InterruptsRunning,
    /// No [`Limits::max_descriptor`].
    AnyDescriptor,
}

/// Who may run in the process of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// Other checks.
    Others,
    /// Nobody: the check counts descriptors, or takes most of them.
    Nobody,
}

impl Check {
    /// A check that needs nothing.
    pub(crate) const fn of_every_driver(name: &'static str, holds: fn(&mut Stage)) -> Self {
        Self { name, needs: &[], holds, otherwise: holds, company: Company::Others }
    }

    /// A check that asserts something else of drivers that lack one of `needs`.
    pub(crate) const fn needing(
        name: &'static str,
        needs: &'static [Need],
        holds: fn(&mut Stage),
        otherwise: fn(&mut Stage),
    ) -> Self {
        Self { name, needs, holds, otherwise, company: Company::Others }
    }

    /// The check, to be run alone in its process.
    pub(crate) const fn alone(self) -> Self {
        Self { company: Company::Nobody, ..self }
    }

    /// Runs the check.
    ///
    /// # Panics
    /// When the driver fails it.
    pub(crate) fn run(&self, stage: &mut Stage) {
        let limits = stage.limits();
        let run = if self.needs.iter().all(|need| need.is_met_by(&limits)) {
            self.holds
        } else {
            self.otherwise
        };
        run(stage);
        stage.assert_settled();
    }
}

impl Need {
    fn is_met_by(self, limits: &Limits) -> bool {
        match self {
            Self::Overlap => limits.overlap,
            Self::InterruptsRunning => limits.interrupts_running,
            Self::AnyDescriptor => limits.max_descriptor.is_none(),
        }
    }
}
