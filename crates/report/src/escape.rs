//! Strings of somebody else, made harmless.
//!
//! A file may be called `\x1b[2J`, and a peer may send what it likes. On a terminal such a name
//! would clear the screen, move the cursor over what whywait said, or turn a line of text around.
//!
//! Left out on purpose: quotes and backslashes, which harm nobody, and letters that look alike. So
//! what is escaped cannot always be told from what looked so before, and reading it back is no aim:
//! the JSON document has every string as it was.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything in it that a terminal would obey, or that nobody would see, shown as
/// Rust writes it in a string: `\n`, `\x1b`, `\u{202e}`. What can be printed stays as it is.
///
/// Escaped are control characters (C0, DEL and C1), line and paragraph separators, characters that
/// turn the direction of text, that are invisible or that take no room of their own, and the
/// replacement character, which stands for bytes that were no UTF-8.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_ascii() && is_harmful(c) => {
                write!(shown, "\\x{:02x}", u32::from(c)).expect("memory takes all");
            }
            c if is_harmful(c) => {
                write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("memory takes all");
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal obeys the character, or nobody sees it.
fn is_harmful(c: char) -> bool {
    c.is_control() || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Characters that are no control characters and are not seen all the same: the Unicode category
/// Cf (format) with its blocks taken whole, the separators Zl and Zp, fillers that are blank, and
/// noncharacters. Unicode 16.
const INVISIBLE: &[(char, char)] = &[
    // Soft hyphen.
    ('\u{ad}', '\u{ad}'),
    // Combining grapheme joiner.
    ('\u{34f}', '\u{34f}'),
    // Arabic number signs and the Arabic letter mark, which turns direction.
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    // Syriac abbreviation mark, Arabic pound and piastre marks.
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    // Hangul fillers, Khmer inherent vowels, Mongolian variation selectors and vowel separator.
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    // Zero-width characters and direction marks; separators of lines and paragraphs, embeddings
    // and overrides; word joiner, invisible operators, isolates.
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    // Braille blank, Hangul filler.
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    // Noncharacters, variation selectors, byte order mark, half-width Hangul filler.
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    // Annotation marks, object replacement, replacement character, noncharacters.
    ('\u{fff0}', '\u{ffff}'),
    // Kaithi, Egyptian, shorthand and musical format characters.
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags, variation selectors, and private planes with their noncharacters.
    ('\u{e0000}', '\u{10ffff}'),
];

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

    use super::escaped;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        let shown = [
            ("a\nb", r"a\nb"),
            ("\u{1b}[31m", r"\x1b[31m"),
            ("\u{0}\u{7f}", r"\x00\x7f"),
            ("\u{9b}1m", r"\u{9b}1m"),
            ("file\u{202e}gpj.exe", r"file\u{202e}gpj.exe"),
            ("a\u{200b}b\u{feff}", r"a\u{200b}b\u{feff}"),
            ("\u{fffd}", r"\u{fffd}"),
            ("\u{2028}", r"\u{2028}"),
            ("\r\t", r"\r\t"),
        ];
        for (text, expected) in shown {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn what_can_be_printed_stays() {
        for text in ["", "/data/x y", r"C:\n", "größer 数据库 бо́льше", "→ ×200 🦀 \u{a0}"]
        {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_control_or_direction_survives(
            text in prop::collection::vec(
                proptest::prop_oneof![
                    any::<char>(),
                    proptest::char::range('\u{0}', '\u{a0}'),
                    proptest::char::range('\u{2000}', '\u{2070}'),
                ],
                0..40,
            ),
        ) {
            let text: String = text.into_iter().collect();
            let shown = escaped(&text);
            let turns = |c| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
            prop_assert!(!shown.contains(|c: char| c.is_control() || turns(c)), "{shown:?}");
            prop_assert_eq!(escaped(&shown), &*shown, "once is enough");
        }

        #[test]
        fn printable_text_is_unchanged(text in "[\\p{L}\\p{Nd}\\p{P}\\p{Sm} ]{0,40}") {
            // Letters to Unicode, and nothing to the eye.
            let fillers = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
            proptest::prop_assume!(!text.contains(fillers));
            prop_assert_eq!(escaped(&text), &*text);
        }
    }
}
