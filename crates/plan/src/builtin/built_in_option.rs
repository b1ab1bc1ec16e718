//! Something that a built-in plan can be asked for.

/// Something that a built-in plan can be asked for: `--NAME VALUE` on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInOption {
    /// Its name, without the dashes.
    pub name: &'static str,
    /// What stands for the value in a help text; with `…` at its end there may be several values,
    /// and all of them count.
    pub value_name: &'static str,
    /// What it says, in a few words, without a full stop. Built-in plans that have an option of
    /// the same name have the same words.
    pub help: &'static str,
    /// What is assumed where it is not said; `None` where that is a case of its own.
    pub default: Option<&'static str>,
}
