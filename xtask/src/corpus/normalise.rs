//! Records without what says on which machine and in which directories they were made.
//!
//! The number of a path's components stays: rules may depend on it.

use std::collections::BTreeMap;
use std::path::Path;

use fancy_regex::{Captures, Regex};
use serde_json::Value;
use whywait_record::Record;

/// What is put in the place of the model of the CPU.
const CPU: &str = "a CPU";

/// Replaces what a record says of the machine on which it was made.
#[derive(Debug)]
pub(super) struct Normaliser {
    /// A directory, and what stands for it; longer ones first.
    directories: Vec<(String, String)>,
    temporary: Regex,
    host: Option<Regex>,
    identity: Regex,
    numbered: Regex,
    kernel: Regex,
}

impl Normaliser {
    /// Directories and what stands for each, and the machine's name.
    pub(super) fn new(directories: &[(&Path, &str)], host: Option<&str>) -> Self {
        let mut directories: Vec<_> = directories
            .iter()
            .map(|(path, name)| (path.to_string_lossy().into_owned(), (*name).to_owned()))
            .collect();
        directories.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let pattern = |text: &str| Regex::new(text).expect("a constant");
        Self {
            directories,
            // Names of temporary directories are different in each run.
            temporary: pattern(r"/tmp/[.A-Za-z0-9_-]+|/run-[a-z0-9_]{8}\b"),
            host: host.map(|host| pattern(&format!(r"(?<= on |@){}\b", fancy_regex::escape(host)))),
            // Containers, boots and the like.
            identity: pattern(r"\b[0-9a-f]{32,}\b"),
            // Names that runners make of the clock and of process numbers.
            numbered: pattern(r"\bcase-\d+-\d+\b"),
            kernel: pattern(r"^(\S+ \d+\.\d+).*$"),
        }
    }

    /// The record, normalised.
    ///
    /// # Errors
    /// If a text that is a name of something becomes another one by it.
    pub(super) fn normalise(&self, record: &Record) -> Result<Record, serde_json::Error> {
        let mut value = serde_json::to_value(record)?;
        let mut temporary = BTreeMap::new();
        self.texts(&mut value, &mut temporary);
        let mut record: Record = serde_json::from_value(value)?;
        record.capture.began_unix_s = 0;
        record.capture.command = command(&record.capture.command);
        if let Some(host) = &mut record.capture.host {
            host.kernel = self.kernel.replace(&host.kernel, "$1").into_owned();
            host.cpu_model = host.cpu_model.as_ref().map(|_| CPU.to_owned());
        }
        Ok(record)
    }

    fn texts(&self, value: &mut Value, temporary: &mut BTreeMap<String, usize>) {
        match value {
            Value::String(text) => *text = self.text(text, temporary),
            Value::Array(values) => {
                values.iter_mut().for_each(|value| self.texts(value, temporary));
            }
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| self.texts(value, temporary));
            }
            _ => {}
        }
    }

    fn text(&self, text: &str, temporary: &mut BTreeMap<String, usize>) -> String {
        let mut text = text.to_owned();
        for (directory, name) in &self.directories {
            text = text.replace(directory, name);
        }
        let numbered = |found: &Captures<'_, str>| {
            let next = temporary.len() + 1;
            let number = *temporary.entry(found[0].to_owned()).or_insert(next);
            let directory = if found[0].starts_with("/tmp") { "/tmp/tmp" } else { "/run" };
            format!("{directory}-{number}")
        };
        let text = self.temporary.replace_all(&text, numbered);
        let text = self.identity.replace_all(&text, "0123456789abcdef");
        let text = self.numbered.replace_all(&text, "case-1-1");
        match &self.host {
            Some(host) => host.replace_all(&text, "host").into_owned(),
            None => text.into_owned(),
        }
    }
}

/// The command line of whywait without what the capture added to it.
fn command(words: &[String]) -> Vec<String> {
    let mut command = vec!["whywait".to_owned()];
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--save" {
            words.next();
        } else {
            command.push(word.clone());
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use whywait_record::{Capture, Host, Record};

    use super::Normaliser;

    #[test]
    fn directories_and_temporary_names_are_the_same_on_each_machine() {
        let normaliser = Normaliser::new(
            &[(Path::new("/data/src/whywait"), "/src/whywait"), (Path::new("/data"), "/users/me")],
            Some("vm"),
        );
        let mut seen = std::collections::BTreeMap::new();
        let mut text = |text| normaliser.text(text, &mut seen);
        assert_eq!(text("/data/src/whywait/fixtures/a.py"), "/src/whywait/fixtures/a.py");
        assert_eq!(text("--log=/data/x"), "--log=/users/me/x");
        assert_eq!(text("/tmp/.tmpAb12/work"), "/tmp/tmp-1/work");
        assert_eq!(text("/tmp/other-77"), "/tmp/tmp-2");
        assert_eq!(text("--keep=fetch-pack 31409 on vm"), "--keep=fetch-pack 31409 on host");
        assert_eq!(text("/proc/sys/vm/overcommit_memory"), "/proc/sys/vm/overcommit_memory");
        let container = "/api/3e744dc2388524dee08311b76942caaa/memory";
        assert_eq!(text(container), "/api/0123456789abcdef/memory");
        assert_eq!(text("unix:/tmp/.tmpAb12/s"), "unix:/tmp/tmp-1/s");
        assert_eq!(text("/a/target/run-znuzq5u3/t.db"), "/a/target/run-3/t.db");
    }

    #[test]
    fn a_record_is_of_no_machine() {
        let bytes = include_bytes!("../../../corpus/fixtures/idle.c/full.1.wwr");
        let mut record: Record = whywait_record::file::read(&bytes[..]).expect("it is a record");
        record.capture = Capture {
            began_unix_s: 7,
            host: Some(Host {
                kernel: "Linux 6.18.44-some-host".to_owned(),
                cpus: 2,
                cpu_model: Some("A CPU of theirs".to_owned()),
                memory_bytes: 1,
            }),
            ..record.capture
        };
        let record = Normaliser::new(&[], None).normalise(&record).expect("it stays a record");
        assert_eq!(record.capture.began_unix_s, 0);
        let host = record.capture.host.expect("it is there");
        assert_eq!(
            (host.kernel.as_str(), host.cpu_model.as_deref()),
            ("Linux 6.18", Some("a CPU"))
        );
    }
}
