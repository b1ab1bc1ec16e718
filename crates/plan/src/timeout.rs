//! The longest that a step on the network may take.

use std::time::Duration;

use toml::{Table, Value};

use crate::duration::duration_text;
use crate::entry::Fields;
use crate::mistake::MistakeAt;

/// The longest that a step on the network may take: more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeout(Duration);

impl Timeout {
    /// The key in a step's table.
    pub(crate) const KEY: &str = "timeout";

    /// A timeout of more than none.
    pub(crate) fn new(longest: Duration) -> Self {
        debug_assert!(!longest.is_zero(), "a step needs some time");
        Self(longest)
    }

    /// Reads the key, if it is there.
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Self, MistakeAt> {
        let Some(entry) = fields.get(Self::KEY) else { return Ok(Self::default()) };
        entry.duration_above_zero().map(Self)
    }

    pub(crate) fn get(self) -> Duration {
        self.0
    }

    /// The canonical form of a step's value: `short` where there is no more to say than that,
    /// else the table with the timeout in it.
    pub(crate) fn write(self, short: Option<Value>, mut table: Table) -> Value {
        match short {
            Some(short) if self == Self::default() => short,
            _ => {
                if self != Self::default() {
                    table.insert(Self::KEY.to_owned(), duration_text(self.0).into());
                }
                table.into()
            }
        }
    }
}

impl Default for Timeout {
    /// 30 s: longer than a peer that answers at all takes, and soon enough to be waited for.
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}
