//! The drivers that are examined.

use whywait_driver::{Config, DRIVERS, Driver, DriverKind, Faults, Simulated};

/// A driver to be examined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// A row of the table.
    Real(&'static DriverKind),
    /// The simulated driver.
    Simulated {
        /// What it is called in the suite.
        name: &'static str,
        /// What goes wrong in it.
        faults: fn() -> Faults,
        /// One run for each of this many seeds.
        seeds: u64,
    },
}

/// An open driver.
pub(crate) enum Acting {
    /// On this machine.
    Real(Box<dyn Driver>),
    /// In a world of its own.
    Simulated(Box<Simulated>),
}

impl Subject {
    /// All drivers.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let simulated = [
            Self::Simulated { name: "simulated", faults: Faults::none, seeds: 1 },
            Self::Simulated { name: "simulated-gentle", faults: Faults::gentle, seeds: 12 },
        ];
        DRIVERS.iter().map(Self::Real).chain(simulated)
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Real(kind) => kind.name,
            Self::Simulated { name, .. } => name,
        }
    }

    /// How many runs there are with it, each with a seed of its own.
    pub(crate) fn seeds(&self) -> u64 {
        match self {
            Self::Real(_) => 1,
            Self::Simulated { seeds, .. } => *seeds,
        }
    }

    /// Opens it. One that cannot be opened is a failure, never a skip.
    pub(crate) fn open(&self, seed: u64, config: &Config) -> Acting {
        match self {
            Self::Real(kind) => match kind.open(config) {
                Ok(driver) => Acting::Real(driver),
                Err(error) => panic!("{error}"),
            },
            Self::Simulated { faults, .. } => {
                let driver = Simulated::open(seed, faults(), config);
                Acting::Simulated(Box::new(driver.expect("descriptors are left")))
            }
        }
    }
}

impl Acting {
    /// The driver.
    pub(crate) fn driver(&mut self) -> &mut dyn Driver {
        match self {
            Self::Real(driver) => driver.as_mut(),
            Self::Simulated(driver) => driver.as_mut(),
        }
    }
}
