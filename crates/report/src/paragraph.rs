//! Text in lines that fit.
//!
//! Left out on purpose: hyphenation.

use unicode_width::UnicodeWidthStr;

use crate::escaped;

/// Prose is harder to read in longer lines than this, however wide the terminal is.
const READABLE_COLUMNS: usize = 100;

/// A piece of prose, its first line led by one text and the others by another of equal width.
pub(crate) struct Paragraph<'a> {
    pub(crate) first: &'a str,
    pub(crate) rest: &'a str,
    pub(crate) text: &'a str,
}

impl Paragraph<'_> {
    /// The lines, none wider than `columns` unless a single word is.
    pub(crate) fn lines(&self, columns: usize) -> Vec<String> {
        let columns = columns.min(READABLE_COLUMNS);
        let mut lines = Vec::new();
        let mut line = self.first.to_string();
        let mut empty = true;
        for word in self.words() {
            if !empty && width(&line) + 1 + width(&word) > columns {
                lines.push(std::mem::replace(&mut line, self.rest.to_string()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&word);
            empty = false;
        }
        lines.push(line);
        lines
    }

    /// The words; a number stays with its unit.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for word in self.text.split_whitespace() {
            // A path in a message may hold escape sequences; a terminal must not obey them.
            let word = &*escaped(word);
            match words.last_mut() {
                Some(last) if is_unit(word) && last.ends_with(|end: char| end.is_ascii_digit()) => {
                    last.push(' ');
                    last.push_str(word);
                }
                _ => words.push(word.to_string()),
            }
        }
        words
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches(|end: char| ",.;:)".contains(end));
    ["ns", "µs", "ms", "s", "B", "KiB", "MiB", "GiB", "TiB", "%", "×"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::Paragraph;

    #[test]
    fn lines_fit_and_hang() {
        let paragraph = Paragraph { first: "• ", rest: "  ", text: "one two three four" };
        assert_eq!(paragraph.lines(10), ["• one two", "  three", "  four"]);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let paragraph = Paragraph { first: "", rest: "", text: "it took 79.0 ms, no more" };
        assert_eq!(paragraph.lines(12), ["it took", "79.0 ms, no", "more"]);
    }

    #[test]
    fn escape_sequences_lose_their_force() {
        let paragraph = Paragraph { first: "", rest: "", text: "cannot open /tmp/\u{1b}[2Jx" };
        assert_eq!(paragraph.lines(40), [r"cannot open /tmp/\x1b[2Jx"]);
    }

    #[test]
    fn a_long_word_stands_alone() {
        let paragraph = Paragraph { first: "", rest: "", text: "a incomprehensible b" };
        assert_eq!(paragraph.lines(5), ["a", "incomprehensible", "b"]);
    }
}
