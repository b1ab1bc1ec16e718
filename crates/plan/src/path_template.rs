//! Paths in which `{flow}` stands for the flow's number.
//!
//! Every path of a plan is relative and cannot leave the directory in which the plan is run.

use std::fmt;
use std::path::PathBuf;

use crate::limits::{COMPONENT_BYTES_MAX, FLOWS_MAX, PATH_BYTES_MAX};
use crate::placeholder::{PLACEHOLDER, PlaceholderMistake, check_placeholders, written_out};

/// A relative path in which `{flow}` stands for the flow's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathTemplate {
    /// Checked: it has no brace but those of `{flow}`.
    text: String,
}

impl PathTemplate {
    /// Checks a template.
    ///
    /// # Errors
    /// When the path is empty, absolute, too long for the system, has a NUL, an empty component,
    /// a component `.` or `..`, or a brace that is not part of `{flow}`.
    pub fn new(text: &str) -> Result<Self, PathMistake> {
        if text.is_empty() {
            return Err(PathMistake::Empty);
        }
        if text.contains('\0') {
            return Err(PathMistake::Nul);
        }
        if text.starts_with('/') {
            return Err(PathMistake::Absolute);
        }
        check_placeholders(text)?;
        let template = Self { text: text.to_owned() };
        // The largest number is as long as any.
        let longest = written_out(text, FLOWS_MAX);
        if longest.len() > PATH_BYTES_MAX {
            return Err(PathMistake::Long { bytes: longest.len(), most: PATH_BYTES_MAX });
        }
        longest.split('/').try_for_each(check_component)?;
        Ok(template)
    }

    /// The path for one flow: relative, without a NUL.
    #[must_use]
    pub fn expand(&self, flow: u32) -> PathBuf {
        PathBuf::from(written_out(&self.text, flow))
    }

    /// Whether each flow has a path of its own.
    #[must_use]
    pub fn is_per_flow(&self) -> bool {
        self.text.contains(PLACEHOLDER)
    }

    /// The template as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The directories on the way to the path, outermost first, its parent last.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        self.text.match_indices('/').map(|(slash, _)| Self { text: self.text[..slash].to_owned() })
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not the path of a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathMistake {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It starts at the root.
    #[error("it is absolute, and a plan works only inside its own directory")]
    Absolute,
    /// It could leave the plan's directory.
    #[error("it has a component `..`, and a plan works only inside its own directory")]
    Parent,
    /// A component is empty or `.`, so that one file would have two spellings.
    #[error("it has an empty component or `.`")]
    NotPlain,
    /// It has a byte 0, which ends a path for the kernel.
    #[error("it has a NUL character")]
    Nul,
    /// It is longer than the system takes.
    #[error("it, or a component of it, is {bytes} bytes long; the most is {most}")]
    Long {
        /// How long it is for the highest flow number.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// Its braces are not those of `{flow}`.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderMistake),
}

fn check_component(component: &str) -> Result<(), PathMistake> {
    match component {
        "" | "." => Err(PathMistake::NotPlain),
        ".." => Err(PathMistake::Parent),
        _ if component.len() > COMPONENT_BYTES_MAX => {
            Err(PathMistake::Long { bytes: component.len(), most: COMPONENT_BYTES_MAX })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_flow_is_put_in_wherever_it_stands() {
        let template = PathTemplate::new("out_{flow}/{flow}.txt").expect("a good path");
        assert_eq!(template.expand(17), Path::new("out_17/17.txt"));
        assert!(template.is_per_flow());
        let template = PathTemplate::new("a/b/c").expect("a good path");
        assert_eq!(template.expand(17), Path::new("a/b/c"));
        assert!(!template.is_per_flow());
        let ancestors: Vec<_> = template.ancestors().map(|path| path.text).collect();
        assert_eq!(ancestors, ["a", "a/b"]);
    }

    #[test]
    fn refuses_what_could_leave_the_directory_or_has_two_spellings() {
        let unknown =
            |name: &str| PathMistake::from(PlaceholderMistake::Unknown { name: name.to_owned() });
        for (text, mistake) in [
            ("", PathMistake::Empty),
            ("/etc/passwd", PathMistake::Absolute),
            ("../x", PathMistake::Parent),
            ("a/../../x", PathMistake::Parent),
            ("a/..", PathMistake::Parent),
            (".", PathMistake::NotPlain),
            ("a//b", PathMistake::NotPlain),
            ("a/", PathMistake::NotPlain),
            ("a\0b", PathMistake::Nul),
            ("{file}", unknown("file")),
            ("{}", unknown("")),
            ("{{flow}}", unknown("{flow")),
            ("{flow", PlaceholderMistake::LoneBrace.into()),
            ("flow}", PlaceholderMistake::LoneBrace.into()),
        ] {
            assert_eq!(PathTemplate::new(text), Err(mistake), "{text:?}");
        }
        let long = PathTemplate::new(&"x".repeat(256));
        assert_eq!(long, Err(PathMistake::Long { bytes: 256, most: 255 }));
        let long = PathTemplate::new(&"x/".repeat(600));
        assert_eq!(long, Err(PathMistake::Long { bytes: 1200, most: 1024 }));
    }

    proptest! {
        #[test]
        fn an_accepted_path_stays_inside(text in "[a-z./{}flow]{0,30}|(\\.\\.|/|a|\\{flow\\}){0,8}") {
            if let Ok(template) = PathTemplate::new(&text) {
                let path = template.expand(7);
                let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(stays, "{path:?}");
                prop_assert!(path.components().next().is_some());
            }
        }
    }
}
