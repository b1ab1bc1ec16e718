//! The words that redaction leaves: the list in `public-words.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The committed list.
const TEXT: &str = include_str!("public-words.txt");

/// A part of the list: where in a record its words may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Section {
    /// Names of programs and of modules that are run as programs.
    Programs,
    /// Names of libraries, packages and modules.
    Libraries,
    /// Components of paths.
    Paths,
    /// Ends of file names.
    Extensions,
    /// Options, subcommands and words of process titles.
    Arguments,
    /// Names that runtimes give to their threads.
    Threads,
    /// Functions and parts of their names.
    Functions,
    /// Words of the names of kernels and CPUs.
    Machines,
    /// Hosts and addresses.
    Hosts,
    /// Ports.
    Ports,
}

impl Section {
    /// All of them, with their headings.
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Programs, "programs"),
        (Self::Libraries, "libraries"),
        (Self::Paths, "paths"),
        (Self::Extensions, "extensions"),
        (Self::Arguments, "arguments"),
        (Self::Threads, "threads"),
        (Self::Functions, "functions"),
        (Self::Machines, "machines"),
        (Self::Hosts, "hosts"),
        (Self::Ports, "ports"),
    ];

    fn headed(heading: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == heading).map(|(section, _)| *section)
    }
}

/// The list, ready to be searched.
pub(super) struct Words {
    sections: HashMap<Section, HashSet<String>>,
}

/// The lines of the list that are words, each with the section that it is in.
fn lines() -> impl Iterator<Item = (Section, &'static str)> {
    let mut section = None;
    TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        let heading = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(found) = heading.and_then(Section::headed) {
            section = Some(found);
            return None;
        }
        section.map(|section| (section, line))
    })
}

impl Words {
    /// The committed list.
    pub(super) fn get() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| {
            let mut sections: HashMap<Section, HashSet<String>> = HashMap::new();
            for (section, word) in lines() {
                let word = match section {
                    Section::Threads => any_number(name_stem(word)),
                    Section::Ports | Section::Hosts => word.to_owned(),
                    _ => any_number(word),
                };
                sections.entry(section).or_default().insert(word);
            }
            Words { sections }
        });
        &WORDS
    }

    fn lists(&self, section: Section, word: &str) -> bool {
        self.sections.get(&section).is_some_and(|words| words.contains(word))
    }

    /// Whether the word is in one of these sections, whatever its numbers are.
    pub(super) fn has(&self, sections: &[Section], word: &str) -> bool {
        if ends_with_address(word) {
            return false;
        }
        let word = any_number(word);
        sections.iter().any(|section| self.lists(*section, &word))
    }

    /// Whether the word is in one of these sections, as it is or with a version at its end, such as
    /// `python3.11` or `tokio-1.38.0`.
    pub(super) fn has_version_of(&self, sections: &[Section], word: &str) -> bool {
        if ends_with_address(word) {
            return false;
        }
        let word = any_number(word);
        let bare = word.trim_end_matches(['#', '.']);
        let bare = if bare.len() < word.len() { bare.trim_end_matches(['-', '_']) } else { bare };
        sections.iter().any(|section| self.lists(*section, &word) || self.lists(*section, bare))
    }

    /// Whether that host or address is in the list.
    pub(super) fn has_host(&self, host: &str) -> bool {
        self.lists(Section::Hosts, host)
    }

    /// Whether that port is in the list, or is one of the system's.
    pub(super) fn has_port(&self, port: u16) -> bool {
        port < 1024 || self.lists(Section::Ports, &port.to_string())
    }
}

/// Whether four numbers with dots between them stand at the end: an IPv4 address, and no version.
pub(super) fn ends_with_address(text: &str) -> bool {
    let digits = |part: &str| part.bytes().rev().take_while(u8::is_ascii_digit).count();
    let parts: Vec<&str> = text.rsplit('.').take(4).collect();
    match parts[..] {
        [d, c, b, a] => [d, c, b].iter().all(|part| is_short_number(part)) && digits(a) > 0,
        _ => false,
    }
}

/// A thread's name without the number at its end.
pub(super) fn name_stem(name: &str) -> &str {
    name.trim_end_matches(|letter: char| letter.is_ascii_digit())
}

/// Whether it is a number of at most three digits. Such numbers count workers, versions and parts;
/// longer ones may say who the customer is.
pub(super) fn is_short_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text with `#` in place of every number of at most three digits.
fn any_number(text: &str) -> String {
    let mut general = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        general.push_str(before);
        general.push_str(if is_short_number(digits) { "#" } else { digits });
        rest = after;
    }
    general.push_str(rest);
    general
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Section, TEXT, Words, any_number, lines};

    #[test]
    fn every_section_has_words_and_every_heading_is_known() {
        let found: HashSet<Section> = lines().map(|(section, _)| section).collect();
        assert_eq!(found.len(), Section::ALL.len());
        for heading in TEXT.lines().filter(|line| line.starts_with('[') && line.ends_with(']')) {
            let name = &heading[1..heading.len() - 1];
            let is_known = Section::headed(name).is_some();
            // The kernel's names of mapped memory, such as `[vdso]`, are written likewise.
            assert!(is_known || lines().any(|(_, word)| word == heading), "{heading}");
        }
    }

    #[test]
    fn words_are_sorted_and_none_is_there_twice() {
        let words: Vec<_> = lines().collect();
        for pair in words.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[0].1 < pair[1].1, "{:?} before {:?}", pair[0].1, pair[1].1);
        }
        let mut seen = HashSet::new();
        for (section, word) in words {
            let general =
                if section == Section::Ports { word.to_owned() } else { any_number(word) };
            assert!(seen.insert((section, general)), "{word:?} is there twice");
            assert_eq!(word.trim(), word);
        }
    }

    #[test]
    fn numbers_of_words_do_not_matter_if_they_are_short() {
        assert_eq!(any_number("a1b22-333 4444"), "a#b#-# 4444");
        let words = Words::get();
        assert!(words.has_version_of(&[Section::Programs], "python3.11"));
        assert!(words.has_version_of(&[Section::Libraries], "tokio-1.38.0"));
        assert!(!words.has_version_of(&[Section::Programs], "python20260101"));
        assert!(!words.has(&[Section::Programs], "pythonista"));
    }

    #[test]
    fn ports_of_the_system_and_of_the_list_are_public() {
        let words = Words::get();
        assert!([0, 53, 1023, 5432, 6379, 8080].into_iter().all(|port| words.has_port(port)));
        assert!([1024, 4711, 40001].into_iter().all(|port| !words.has_port(port)));
    }
}
