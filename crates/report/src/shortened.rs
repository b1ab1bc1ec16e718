//! A text that is too long, without its middle.
//!
//! Left out on purpose: knowing what a path is. Its beginning and its end say most.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use crate::paragraph::width;

/// The text in no more columns than given, with `…` in place of its middle where it is longer.
pub(crate) fn shortened(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let kept = columns.saturating_sub(1);
    let end_columns = kept / 2;
    let begin = &text[..fitting(text.char_indices(), kept - end_columns)];
    let backwards = text.char_indices().rev().map(|(at, c)| (text.len() - at - c.len_utf8(), c));
    let end = &text[text.len() - fitting(backwards, end_columns)..];
    Cow::Owned(format!("{begin}…{end}"))
}

/// How many bytes of the characters, each with its distance from the beginning, fit.
fn fitting(characters: impl Iterator<Item = (usize, char)>, columns: usize) -> usize {
    let mut left = columns;
    let mut bytes = 0;
    for (at, c) in characters {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        bytes = at + c.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

    use super::shortened;
    use crate::paragraph::width;

    #[test]
    fn the_middle_goes() {
        assert_eq!(shortened("/data/x", 7), "/data/x");
        assert_eq!(shortened("/data/x", 6), "/da…/x");
        assert_eq!(shortened("/data/x", 1), "…");
        assert_eq!(shortened("数据库文件", 6), "数…件");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_shortened_fits(text in any::<String>(), columns in 1..40_usize) {
            let text = crate::escaped(&text);
            let short = shortened(&text, columns);
            prop_assert!(width(&short) <= columns, "{short:?}");
        }
    }
}
