//! The placeholder `{flow}` in a text of the plan, which stands for the flow's number.
//!
//! Braces are reserved where it can stand: there is no way to write a literal one.

use std::fmt::Write as _;

/// Why a text's braces are not those of the placeholder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderMistake {
    /// Something else than `{flow}` stands in braces.
    #[error("`{{{name}}}` is not a placeholder; the only one is `{{flow}}`")]
    Unknown {
        /// What stands in the braces.
        name: String,
    },
    /// A brace has no partner.
    #[error("it has a brace without a partner; braces are only for `{{flow}}`")]
    LoneBrace,
}

/// How the placeholder is spelled.
pub(crate) const PLACEHOLDER: &str = "{flow}";

/// Checks that every brace of the text is one of the placeholder's.
pub(crate) fn check_placeholders(text: &str) -> Result<(), PlaceholderMistake> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let inside = rest[at..].strip_prefix('{').ok_or(PlaceholderMistake::LoneBrace)?;
        let (name, after) = inside.split_once('}').ok_or(PlaceholderMistake::LoneBrace)?;
        if name != "flow" {
            return Err(PlaceholderMistake::Unknown { name: name.to_owned() });
        }
        rest = after;
    }
    Ok(())
}

/// The text with the flow's number put in.
pub(crate) fn written_out(text: &str, flow: u32) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    for (index, literal) in text.split(PLACEHOLDER).enumerate() {
        if index > 0 {
            // Writing to a string cannot fail.
            let _ = write!(written, "{flow}");
        }
        written.push_str(literal);
    }
    written
}
