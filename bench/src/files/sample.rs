//! One contestant, once: the work in this process, and what it cost as a line of JSON.
//!
//! Left out on purpose: the fresh directory, the interleaving and the check of what is on the
//! disk, which are the harness's.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Job, PEERS, Work};
use crate::arguments::Arguments;
use crate::failure::Failure;

/// What one sample did, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// From the first operation to the last completion; workers were ready before.
    pub(crate) wall_s: f64,
    /// Bytes written or read, as the system calls counted them.
    pub(crate) bytes: u64,
    /// Files opened and closed.
    pub(crate) files: u64,
}

impl Sample {
    /// `files` and `bytes` in `wall`.
    pub(crate) fn new(wall: Duration, bytes: u64, files: u32) -> Self {
        Self { wall_s: wall.as_secs_f64(), bytes, files: files.into() }
    }

    /// The sample in the last line of a contestant's output.
    ///
    /// # Errors
    /// When that line is not such a document.
    pub(crate) fn parse(output: &str) -> Result<Self, Failure> {
        let line = output.trim_end().lines().last().unwrap_or("");
        let document: Value = serde_json::from_str(line)
            .map_err(|error| format!("the last line is no JSON ({error}): `{line}`"))?;
        let missing = |name| format!("`{name}` is missing in `{line}`");
        let number = |name| document[name].as_u64().ok_or_else(|| missing(name));
        let wall_s = document["wall_s"].as_f64().ok_or_else(|| missing("wall_s"))?;
        Ok(Self { wall_s, bytes: number("bytes")?, files: number("files")? })
    }
}

/// `sample NAME --work W --dir D --files N`.
///
/// # Errors
/// When the words are wrong or the work fails.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let (name, words) = words.split_first().ok_or("sample: the contestant's name is missing")?;
    let arguments = Arguments::parse(words, &["--work", "--dir", "--files"])?;
    let peer = PEERS.iter().find(|peer| peer.name == name);
    let peer = peer.ok_or_else(|| format!("there is no contestant `{name}`"))?;
    let work = Work::named(arguments.get("--work").unwrap_or(""))?;
    let job = Job::new(work, &arguments.path("--dir", "."), arguments.number("--files", 5000)?)?;
    let Sample { wall_s, bytes, files } = (peer.run)(job)?;
    println!("{}", json!({ "wall_s": wall_s, "bytes": bytes, "files": files }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn reads_the_last_line_only() {
        let sample = Sample::parse("hello\n{\"wall_s\":0.5,\"bytes\":7,\"files\":2}\n");
        let expected = Sample { wall_s: 0.5, bytes: 7, files: 2 };
        assert_eq!(sample.expect("a sample"), expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Sample::parse("{\"wall_s\":0.5,\"files\":2}").expect_err("no bytes");
        assert!(error.to_string().contains("`bytes`"), "{error}");
        assert!(Sample::parse("").is_err());
    }
}
