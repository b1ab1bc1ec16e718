//! A fact that a rule can test: its name, its definition, its value.

use crate::words::{count, percent, time};

/// What facts and rules are about.
pub(crate) trait Subject: Copy + std::fmt::Debug + 'static {
    /// What is true of one.
    type Facts<'a>: std::fmt::Debug;
    /// What one can be classified as.
    type Class: Copy + PartialEq + std::fmt::Debug;
    /// What one is of which too little was observed.
    const UNKNOWN: Self::Class;

    /// The name of a class, as the document has it.
    fn name(class: Self::Class) -> &'static str;
}

/// Something that is true of a subject, as a number.
#[derive(Debug)]
pub(crate) struct Fact<S: Subject> {
    /// Its name, such as `iterations`.
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) definition: &'static str,
    pub(crate) unit: Unit,
    /// Its value of one subject.
    pub(crate) value: for<'s, 'a> fn(&'s S::Facts<'a>) -> Seen,
}

/// What the number of a fact counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things or events.
    Count,
    /// Nanoseconds.
    Time,
    /// A part of a whole, 0 to 1.
    Share,
    /// So many times as much.
    Ratio,
    /// 1 if it holds, 0 if it does not.
    Flag,
}

/// A number, and how it was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seen {
    /// Every event was observed.
    Exact(f64),
    /// Some were observed: by samples, or in light detail only those that slept.
    Sampled(f64),
    /// None could be.
    Unseen,
}

impl Seen {
    /// The number; none if nothing could be observed.
    pub(crate) fn value(self) -> Option<f64> {
        match self {
            Self::Exact(value) | Self::Sampled(value) => Some(value),
            Self::Unseen => None,
        }
    }
}

impl Unit {
    /// A number of this unit as a sentence has it.
    pub(crate) fn shown(self, value: f64) -> String {
        match self {
            Self::Count => count(value as u64, "").trim_end_matches('s').trim_end().to_owned(),
            Self::Time => time(value as u64),
            Self::Share => percent(value),
            Self::Ratio => format!("{value:.2}"),
            Self::Flag => if value > 0.0 { "yes" } else { "no" }.to_owned(),
        }
    }
}

/// Whether something holds.
pub(crate) fn flag(holds: bool) -> Seen {
    Seen::Exact(f64::from(u8::from(holds)))
}

/// A number of which nothing is missing.
pub(crate) fn exact(number: u64) -> Seen {
    Seen::Exact(number as f64)
}

/// A part of a whole of which nothing is missing.
pub(crate) fn share(share: f64) -> Seen {
    Seen::Exact(share)
}

/// How much of the one there is for each of the other; infinite for none of it.
pub(crate) fn ratio(one: u64, other: u64) -> Seen {
    Seen::Exact(match (one, other) {
        (0, _) => 0.0,
        (_, 0) => f64::INFINITY,
        (one, other) => one as f64 / other as f64,
    })
}

/// Facts of one subject, each `/// definition` and `NAME = "name", Unit, |f| value;`, and the list
/// of all of them.
macro_rules! facts {
    ($subject:ty, $all:ident; $(#[doc = $definition:literal] $name:ident = $text:literal, $unit:ident, $value:expr;)*) => {
        $(
            #[doc = $definition]
            pub(crate) const $name: $crate::facts::Fact<$subject> = $crate::facts::Fact {
                name: $text,
                definition: $definition.trim_ascii(),
                unit: $crate::facts::Unit::$unit,
                value: $value,
            };
        )*
        /// All of them, in the order of the page.
        pub(crate) const $all: &[&$crate::facts::Fact<$subject>] = &[$(&$name),*];
    };
}

pub(crate) use facts;
