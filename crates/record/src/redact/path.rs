//! Paths: every component that is not public is replaced, its extension stays if that is public.

use super::Redactor;
use super::placeholders::Kind;
use super::words::{Section, ends_with_address, is_short_number};

/// What the kernel adds to the path of a file that was deleted.
const DELETED: &str = " (deleted)";

/// In front of a path whose beginning was cut off.
const CUT: char = '…';

/// What the kernel calls files made by memfd_create(2); the program chose what follows.
const MEMORY_FILE: &str = "memfd:";

/// How many extensions a name may have, numbers of versions among them: `.so.1.2.3`.
const MOST_EXTENSIONS: usize = 6;

/// The sections whose words may be components of a path.
const SECTIONS: &[Section] = &[Section::Paths, Section::Programs, Section::Libraries];

impl Redactor {
    /// A path to a file.
    pub(super) fn file_path(&mut self, path: &str) -> String {
        self.path(path, Kind::File)
    }

    /// A path to a directory.
    pub(super) fn directory_path(&mut self, path: &str) -> String {
        self.path(path, Kind::Directory)
    }

    fn path(&mut self, path: &str, last: Kind) -> String {
        let (rest, deleted) = path.strip_suffix(DELETED).map_or((path, ""), |rest| (rest, DELETED));
        let (cut, rest) =
            rest.strip_prefix(CUT).map_or((String::new(), rest), |rest| (CUT.to_string(), rest));
        let mut components = rest.split('/').peekable();
        let mut redacted = cut;
        while let Some(component) = components.next() {
            let is_last = components.peek().is_none();
            let kind = if is_last { last } else { Kind::Directory };
            redacted.push_str(&self.component(component, kind));
            redacted.push_str(if is_last { deleted } else { "/" });
        }
        redacted
    }

    fn component(&mut self, component: &str, kind: Kind) -> String {
        let (scheme, name) =
            component.strip_prefix(MEMORY_FILE).map_or(("", component), |name| (MEMORY_FILE, name));
        let (stem, extension) = self.split_extension(name);
        if self.is_public_component(name) || self.is_public_component(stem) {
            return component.to_owned();
        }
        let prefix = if kind == Kind::Directory { "dir" } else { "file" };
        format!("{scheme}{prefix}{}{extension}", self.placeholders.number(kind, stem))
    }

    fn is_public_component(&self, component: &str) -> bool {
        matches!(component, "" | "." | ".." | "~") || self.words.has_version_of(SECTIONS, component)
    }

    /// A file's name without its public extensions, and these: `app` and `.tar.gz`, `libacme` and
    /// `.so.1.2`. The extensions are empty if there are none.
    pub(super) fn split_extension<'t>(&self, name: &'t str) -> (&'t str, &'t str) {
        if ends_with_address(name) {
            return (name, "");
        }
        let is_extension = |part: &str| self.words.has(&[Section::Extensions], part);
        let mut begin = name.len();
        let dots = name.rmatch_indices('.').take(MOST_EXTENSIONS);
        for (dot, _) in dots.take_while(|(dot, _)| *dot > 0) {
            let mut parts = name[dot + 1..].split('.');
            if parts.next().is_some_and(is_extension)
                && parts.all(|part| is_extension(part) || is_short_number(part))
            {
                begin = dot;
            }
        }
        name.split_at(begin)
    }
}
