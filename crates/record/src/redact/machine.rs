//! The names of kernels and CPUs: words of vendors and distributions stay, and so do numbers of at
//! most three digits; what somebody who builds kernels may have added is replaced.

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, is_short_number};

/// What separates the words.
const PUNCTUATION: &str = " .-+_@()~#:";

impl Redactor {
    /// The name of a kernel or CPU, such as `Linux 6.1.0-18-amd64`, or a version.
    pub(super) fn machine(&mut self, name: &str) -> String {
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
