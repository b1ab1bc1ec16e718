//! The names of kernels and CPUs: words of vendors and distributions stay, and so do numbers of at
//! most three digits; what somebody who builds kernels may have added is replaced.

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, ends_with_address, is_short_number};

/// What separates the words.
const PUNCTUATION: &str = ".-+_@()~#:";

impl Redactor {
    /// The name of a kernel or CPU, such as `Linux 6.1.0-18-amd64`, or a version.
    pub(super) fn machine(&mut self, name: &str) -> String {
        let ends = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '-' | '_');
        let words = name.split_inclusive(ends).map(|part| {
            let word = part.trim_end_matches(ends);
            self.machine_word(word) + &part[word.len()..]
        });
        words.collect()
    }

    fn machine_word(&mut self, name: &str) -> String {
        if ends_with_address(name) {
            return format!("machine{}", self.placeholders.number(Kind::Machine, name));
        }
        let mut redacted = String::with_capacity(name.len());
        for part in name.split_inclusive(|letter| PUNCTUATION.contains(letter)) {
            let word = part.trim_end_matches(|letter| PUNCTUATION.contains(letter));
            if word.is_empty()
                || is_short_number(word)
                || self.words.has(&[Section::Machines], word)
            {
                redacted.push_str(part);
                continue;
            }
            let number = self.placeholders.number(Kind::Machine, word);
            redacted.push_str(&format!("machine{number}{}", &part[word.len()..]));
        }
        redacted
    }
}
