//! How many connections, and how many of them are busy.
//!
//! Left out on purpose: the messages, which have 64 bytes in all shapes.

use std::fmt;
use std::str::FromStr;

use crate::failure::Failure;

/// Bytes of a message.
pub(crate) const MESSAGE_BYTES: usize = 64;

/// Connections of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    pub(crate) active: usize,
}

impl Shape {
    /// The shapes of the table.
    pub(crate) const ALL: [Self; 4] = [
        Self::all_active(50),
        Self::all_active(1000),
        Self::all_active(10_000),
        Self::new(10_000, 100),
    ];

    /// So many connections, all of them busy.
    pub(crate) const fn all_active(connections: usize) -> Self {
        Self::new(connections, connections)
    }

    const fn new(connections: usize, active: usize) -> Self {
        Self { connections, active }
    }

    /// Whether this is the shape by which memory is compared.
    pub(crate) fn is_largest(self) -> bool {
        self == Self::ALL[2]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, active } = self;
        if active == connections {
            write!(f, "{connections}")
        } else {
            write!(f, "{connections}/{active}")
        }
    }
}

/// `CONNECTIONS` or `CONNECTIONS/ACTIVE`.
impl FromStr for Shape {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (connections, active) = text.split_once('/').unwrap_or((text, text));
        let number = |word: &str| {
            word.parse()
                .map_err(|_| format!("`{text}`: expected CONNECTIONS or CONNECTIONS/ACTIVE"))
        };
        let shape = Self::new(number(connections)?, number(active)?);
        if (1..=shape.connections).contains(&shape.active) {
            Ok(shape)
        } else {
            Err(format!("`{text}`: at least one connection is active, and at most all").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn what_is_shown_reads_back() {
        for shape in Shape::ALL {
            assert_eq!(shape.to_string().parse::<Shape>().expect("a shape"), shape);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "0", "10/11", "10/0", "many"] {
            assert!(text.parse::<Shape>().is_err(), "{text}");
        }
    }
}
