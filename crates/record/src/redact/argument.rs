//! Command lines: options that are public stay, paths are redacted as paths, other words go.

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, is_short_number};

/// The sections whose words may be arguments.
const SECTIONS: &[Section] = &[Section::Arguments, Section::Programs, Section::Libraries];

/// How a path begins that may hold any characters.
const PATH_BEGINNINGS: &[&str] = &["/", "./", "../", "~/", "…"];

impl Redactor {
    /// A command line, program first.
    pub(super) fn arguments(&mut self, arguments: &mut [String]) {
        for (index, argument) in arguments.iter_mut().enumerate() {
            *argument = if index == 0 { self.program(argument) } else { self.argument(argument) };
        }
    }

    /// The first argument: the program as it was called, or the title that it gave itself, such as
    /// `nginx: worker process`.
    fn program(&mut self, text: &str) -> String {
        let is_title = !begins_as_path(text) && (text.contains(' ') || text.ends_with(':'));
        if !is_title {
            return self.file_path(text);
        }
        let words = text.split(' ').map(|word| {
            let (word, end) = word.strip_suffix(':').map_or((word, ""), |word| (word, ":"));
            self.argument(word) + end
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn argument(&mut self, text: &str) -> String {
        if text.is_empty() || is_short_number(text) || self.words.has_version_of(SECTIONS, text) {
            return text.to_owned();
        }
        if text.parse().is_ok_and(|port| self.words.has_port(port)) {
            return text.to_owned();
        }
        if text.starts_with('-') {
            return self.option(text);
        }
        if let Some((scheme, rest)) = text.split_once("://")
            && self.words.has(SECTIONS, scheme)
        {
            return format!("{scheme}://{}", self.behind_scheme(rest));
        }
        if let Some(address) = self.address(text) {
            return address;
        }
        let is_plain = text.chars().all(|letter| {
            letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+' | '/' | '~')
        });
        let has_extension = !self.split_extension(text).1.is_empty();
        if begins_as_path(text) || is_plain && (text.contains('/') || has_extension) {
            return self.file_path(text);
        }
        self.word(text)
    }

    /// `-x`, `--name` or `--name=value`; a name of one letter says nothing without its program.
    fn option(&mut self, text: &str) -> String {
        let (name, value) =
            text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let bare = name.trim_start_matches('-');
        let dashes = &name[..name.len() - bare.len()];
        let is_letter = bare.len() == 1 && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_public = bare.is_empty() || is_letter || self.words.has(&[Section::Arguments], name);
        let name = if is_public {
            name.to_owned()
        } else {
            format!("{dashes}flag{}", self.placeholders.number(Kind::Flag, bare))
        };
        match value {
            // Not an option again, which might have a value, and so on.
            Some(value) if value.starts_with('-') => format!("{name}={}", self.word(value)),
            Some(value) => format!("{name}={}", self.argument(value)),
            None => name,
        }
    }

    /// What follows `http://`: an address stays an address, all else is one word.
    fn behind_scheme(&mut self, text: &str) -> String {
        let (authority, path) = text.find('/').map_or((text, ""), |slash| text.split_at(slash));
        let is_public_host = self.words.has_host(authority);
        let host =
            if is_public_host { Some(authority.to_owned()) } else { self.address(authority) };
        match host {
            Some(host) if path.len() > 1 => format!("{host}/{}", self.word(&path[1..])),
            Some(host) => host + path,
            None => self.word(text),
        }
    }

    fn word(&mut self, text: &str) -> String {
        format!("arg{}", self.placeholders.number(Kind::Argument, text))
    }
}

fn begins_as_path(text: &str) -> bool {
    PATH_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}
