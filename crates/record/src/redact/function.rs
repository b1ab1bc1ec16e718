//! Functions: names are redacted identifier by identifier, so that module depth, template
//! arguments and signatures keep their form.

use std::collections::HashSet;
use std::sync::LazyLock;

use syscalls::Sysno;

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, ends_with_address, is_short_number};

/// What separates the identifiers of a function's name, in the languages that are known.
const PUNCTUATION: &str = " :.,;<>()[]{}&*#@/$'~=+-|!?";

/// The sections whose words may be parts of a function's name.
const SECTIONS: &[Section] = &[Section::Functions, Section::Libraries];

/// What the C library puts before the name of a system call or after it.
const WRAPPER_PREFIXES: &[&str] = &["__libc_", "__GI_", "__x64_sys_", "__"];
const WRAPPER_SUFFIXES: &[&str] = &["_nocancel", "64"];

impl Redactor {
    /// A function's name, demangled.
    pub(super) fn function_name(&mut self, name: &str) -> String {
        // Of code that was made at run time, whose maker may call it anything.
        let ends = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '-' | '_');
        if name.split(ends).any(ends_with_address) {
            return format!("function{}", self.placeholders.number(Kind::Function, name));
        }
        let mut redacted = String::with_capacity(name.len());
        let mut depth = 0_usize;
        let mut rest = name;
        while let Some(letter) = rest.chars().next() {
            if PUNCTUATION.contains(letter) {
                match letter {
                    '<' | '(' => depth += 1,
                    '>' | ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                redacted.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            let end = rest.find(|letter| PUNCTUATION.contains(letter)).unwrap_or(rest.len());
            let (identifier, after) = rest.split_at(end);
            redacted.push_str(&self.identifier(identifier, after, depth));
            rest = after;
        }
        redacted
    }

    /// An identifier, what follows it, and in how many brackets it is.
    fn identifier(&mut self, identifier: &str, after: &str, depth: usize) -> String {
        if is_short_number(identifier) || self.is_public_function(identifier) {
            return identifier.to_owned();
        }
        let (kind, prefix) = if after.starts_with("::") || after.starts_with(['.', '/']) {
            (Kind::Module, "mod")
        } else if depth == 0 {
            (Kind::Function, "function")
        } else {
            (Kind::Type, "type")
        };
        format!("{prefix}{}", self.placeholders.number(kind, identifier))
    }

    /// Whether it is in the list, a system call, or the C library's function around one of these.
    fn is_public_function(&self, identifier: &str) -> bool {
        static CALLS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
            (0..1024).filter_map(Sysno::new).map(|number| number.name()).collect()
        });
        let prefix = WRAPPER_PREFIXES.iter().find_map(|prefix| identifier.strip_prefix(prefix));
        let bare = prefix.unwrap_or(identifier);
        let suffix = WRAPPER_SUFFIXES.iter().find_map(|suffix| bare.strip_suffix(suffix));
        [Some(identifier), Some(bare), suffix]
            .into_iter()
            .flatten()
            .any(|name| CALLS.contains(name) || self.words.has(SECTIONS, name))
    }
}
