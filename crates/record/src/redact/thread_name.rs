//! Thread names: threads of one pool have names that differ by the number at the end, which stays.
//!
//! Insight groups threads by the name without that number, so what becomes of a name may only
//! depend on that part, and a placeholder must not end in a digit: `thread-a`, `thread-b3`.

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, ends_with_address, is_short_number, name_stem};

/// What separates a name from its number, which stays too.
const SEPARATORS: &[char] = &['-', '_', '#', ':', '/', '.', ' '];

/// From which number on placeholders of long numbers count, so that none of them is a short one.
const FIRST_LONG: u32 = 1000;

impl Redactor {
    /// A thread's name.
    pub(super) fn thread_name(&mut self, name: &str) -> String {
        let stem = if ends_with_address(name) { name } else { name_stem(name) };
        let digits = &name[stem.len()..];
        let number = if digits.is_empty() || is_short_number(digits) {
            digits.to_owned()
        } else {
            let number = self.placeholders.number(Kind::LongNumber, digits);
            (FIRST_LONG - 1).saturating_add(number).to_string()
        };
        self.thread_stem(stem) + &number
    }

    fn thread_stem(&mut self, stem: &str) -> String {
        let is_public = stem.is_empty()
            || self.words.has(&[Section::Threads], stem)
            || self.words.has_version_of(&[Section::Programs], stem);
        if is_public {
            return stem.to_owned();
        }
        let number = self.placeholders.number(Kind::Thread, stem);
        let separator = stem.chars().next_back().filter(|letter| SEPARATORS.contains(letter));
        format!("thread-{}{}", letters(number), separator.map(String::from).unwrap_or_default())
    }
}

/// A number from 1 on in letters: a, b, …, z, aa, ab, ….
fn letters(number: u32) -> String {
    let mut letters = Vec::new();
    let mut left = number;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'a' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn numbers_have_letters_of_their_own() {
        let some = [1, 2, 26, 27, 52, 53, 702, 703].map(letters);
        assert_eq!(some, ["a", "b", "z", "aa", "az", "ba", "zz", "aaa"]);
        let all: std::collections::HashSet<String> = (1..5000).map(letters).collect();
        assert_eq!(all.len(), 4999);
    }
}
