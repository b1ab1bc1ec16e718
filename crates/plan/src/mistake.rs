//! What can be wrong with a plan file.
//!
//! A mistake's message says what is wrong, [`Mistake::advice`] what was expected or what to do.
//! Where it stands is a [`Problem`](crate::Problem)'s to say.

use std::ops::Range;

use crate::path_template::PathMistake;
use crate::quantity::QuantityError;
use crate::size::size_text;
use crate::url_template::UrlMistake;

/// What is wrong with a plan file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The file is longer than a plan may be.
    #[error("the plan is {} long; the most is {}", size_text(*.bytes), size_text(*.most))]
    FileTooLong {
        /// Its length.
        bytes: u64,
        /// How long it may be.
        most: u64,
    },
    /// It is not TOML.
    #[error("this is not TOML: {message}")]
    Syntax {
        /// What the TOML parser says.
        message: String,
    },
    /// A table has a key that it should not have.
    #[error("{place} has no key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// What the table describes.
        place: String,
        /// The keys that it can have.
        known: Vec<&'static str>,
        /// The one that was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// No step has this name.
    #[error("no step is called `{name}`")]
    UnknownStep {
        /// The name.
        name: String,
        /// The steps that exist.
        known: Vec<&'static str>,
        /// The one that was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// A step's table has no key, or more than one.
    #[error("a step has one key, its name; this one has {}", listed_or_none(.keys))]
    NotOneKey {
        /// The keys that it has.
        keys: Vec<String>,
    },
    /// A value is of another type than its key's.
    #[error("`{key}` should not be {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// A key is missing.
    #[error("{place} needs the key `{key}`")]
    MissingKey {
        /// What the table describes.
        place: String,
        /// The key.
        key: &'static str,
        /// What to add.
        advice: &'static str,
    },
    /// A list or a name has nothing in it.
    #[error("`{key}` is empty")]
    Empty {
        /// The key.
        key: String,
        /// What to put in.
        advice: &'static str,
    },
    /// A number is too small or too large.
    #[error("{what} is {value}")]
    OutOfRange {
        /// What the number is.
        what: String,
        /// The number.
        value: String,
        /// The smallest that is allowed.
        least: String,
        /// The largest that is allowed.
        most: String,
    },
    /// A text is not a size or not a duration.
    #[error("`{key} = {text:?}`: {reason}")]
    Quantity {
        /// The key.
        key: String,
        /// The text.
        text: String,
        /// Why it cannot be read.
        reason: QuantityError,
        /// What was expected.
        expected: &'static str,
    },
    /// A text is not a path that a plan may use.
    #[error("the path {text:?} cannot be used: {reason}")]
    Path {
        /// The path.
        text: String,
        /// Why not.
        reason: PathMistake,
    },
    /// A text is not a URL, or not the path of a request.
    #[error("{text:?} cannot be asked for: {reason}")]
    Url {
        /// The text.
        text: String,
        /// Why not.
        reason: UrlMistake,
        /// What was expected.
        expected: &'static str,
    },
    /// A text is none of the words that a key takes.
    #[error("`{key}` cannot be {word:?}")]
    UnknownWord {
        /// The key.
        key: String,
        /// The word.
        word: String,
        /// The words that it can be.
        known: Vec<&'static str>,
        /// The one that was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// Two things that were said do not go together.
    #[error("{what}")]
    Contradiction {
        /// What does not go together with what.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A step works on the open file, and there is none.
    #[error("`{step}` comes where no file is open")]
    NoOpenFile {
        /// The step's name.
        step: &'static str,
    },
    /// A step opens a file while another is open.
    #[error("`{step}` comes while another file is open, and a flow has one at a time")]
    AlreadyOpen {
        /// The step's name.
        step: &'static str,
    },
    /// A step reads or writes a file that is not open for that.
    #[error("`{step}` comes where the file is open with mode \"{mode}\"")]
    WrongMode {
        /// The step's name.
        step: &'static str,
        /// What the file is open for.
        mode: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A step names a peer that the plan has not.
    #[error("no peer is called `{name}`")]
    UnknownPeer {
        /// The name.
        name: String,
        /// The plan's peers.
        known: Vec<String>,
        /// The one that was perhaps meant.
        nearest: Option<String>,
    },
    /// A peer is described that no step names.
    #[error("no step uses the peer `{name}`")]
    UnusedPeer {
        /// Its name.
        name: String,
    },
    /// A step works on the connection, and there is none.
    #[error("`{step}` comes where there is no connection")]
    NoConnection {
        /// The step's name.
        step: &'static str,
    },
    /// A path that one flow changes is used by another as well.
    #[error("flows must be independent, but {users} use {path:?}, and this step changes it")]
    SharedPath {
        /// The path.
        path: String,
        /// Who uses it.
        users: String,
    },
    /// A `mkdir` makes a directory inside which other ones are missing.
    #[error("nothing makes the directory {directory:?}")]
    MissingDirectory {
        /// The missing directory.
        directory: String,
        /// The directory above it that a step makes.
        within: String,
    },
    /// A `mkdir` comes after a step that needs the directory.
    #[error("the directory {directory:?} is there already")]
    DirectoryExists {
        /// The directory.
        directory: String,
    },
}

impl Mistake {
    /// What was expected, or what to do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::FileTooLong { .. } => {
                "say `count = 1000` once instead of a thousand groups".to_owned()
            }
            Self::Syntax { .. } => "docs/plan-file.md shows the format".to_owned(),
            Self::UnknownKey { known, nearest, .. }
            | Self::UnknownStep { known, nearest, .. }
            | Self::UnknownWord { known, nearest, .. } => suggestion(known, *nearest),
            Self::UnknownPeer { name, known, .. } if known.is_empty() => {
                format!("describe it: [peer.{name}]")
            }
            Self::UnknownPeer { known, nearest, .. } => {
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                suggestion(&known, nearest.as_deref())
            }
            Self::UnusedPeer { .. } => {
                "leave it out, or name it in a `connect`, `accept` or `get` step".to_owned()
            }
            Self::NoConnection { .. } => {
                "put a `connect` or `accept` step before it".to_owned()
            }
            Self::NotOneKey { .. } => {
                "write each step as a table of its own: { create = \"a.txt\" }, { write = \"10 KiB\" }"
                    .to_owned()
            }
            Self::WrongType { expected, .. }
            | Self::Quantity { expected, .. }
            | Self::Url { expected, .. } => {
                format!("expected {expected}")
            }
            Self::OutOfRange { least, most, .. } => format!("it can be {least} to {most}"),
            Self::Path { .. } => {
                "a path is relative to the plan's own directory: \"out/{flow}.txt\"".to_owned()
            }
            Self::MissingKey { advice, .. }
            | Self::Empty { advice, .. }
            | Self::Contradiction { advice, .. }
            | Self::WrongMode { advice, .. } => (*advice).to_owned(),
            Self::NoOpenFile { .. } => {
                "put a `create` or `open` step before it; `close` ends the file".to_owned()
            }
            Self::AlreadyOpen { .. } => "put { close = true } before it".to_owned(),
            Self::SharedPath { .. } => {
                "give each flow a path of its own with {flow}, or move the step to [[setup]]"
                    .to_owned()
            }
            Self::MissingDirectory { directory, within } => format!(
                "a step makes {within:?}, so what is in it is the plan's to make as well: add \
                 {{ mkdir = {directory:?} }}"
            ),
            Self::DirectoryExists { .. } => {
                "a directory that a step needs and no earlier `mkdir` makes is made before the \
                 plan runs; leave the `mkdir` out, or put it before the step"
                    .to_owned()
            }
        }
    }

    /// Puts the mistake at a range of bytes of the file.
    pub(crate) fn at(self, span: Range<usize>) -> MistakeAt {
        MistakeAt { mistake: Box::new(self), span }
    }
}

/// A mistake, and the bytes of the file where it stands.
#[derive(Debug)]
pub(crate) struct MistakeAt {
    pub(crate) mistake: Box<Mistake>,
    pub(crate) span: Range<usize>,
}

fn suggestion(known: &[&str], nearest: Option<&str>) -> String {
    let known = known.join(", ");
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? There are: {known}"),
        None => format!("there are: {known}"),
    }
}

fn listed_or_none(keys: &[String]) -> String {
    match keys {
        [] => "none".to_owned(),
        keys => keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
    }
}
