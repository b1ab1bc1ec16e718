//! How far downloads are, told by a run's process to the one that asked for the run.
//!
//! A line on standard error for each piece of news, at most ten in a second for a download, and
//! only in the run that is not measured: the measured ones say nothing while they work. Worker
//! processes share the stream, and lines as short as these arrive whole (`PIPE_BUF`, pipe(7)).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::{Duration, Instant};

/// What news begin with, which no error message does.
const MARK: &str = "\u{1}download ";

/// The least time between two pieces of news of one download.
const INTERVAL: Duration = Duration::from_millis(100);

/// Bytes of other words that are kept.
const LAST_WORDS_BYTES: usize = 4 << 10;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadNews {
    /// The flow that it is in.
    pub flow: u32,
    /// Bytes of the body so far.
    pub came_bytes: u64,
    /// Bytes of the whole body, if the server said.
    pub length_bytes: Option<u64>,
    /// Whether this is all of it.
    pub is_done: bool,
}

impl DownloadNews {
    fn to_line(self) -> String {
        let length = self.length_bytes.map_or_else(|| "-".to_owned(), |length| length.to_string());
        let done = if self.is_done { "done" } else { "more" };
        format!("{MARK}{} {} {length} {done}\n", self.flow, self.came_bytes)
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(MARK)?.split_ascii_whitespace();
        Some(Self {
            flow: words.next()?.parse().ok()?,
            came_bytes: words.next()?.parse().ok()?,
            length_bytes: words.next()?.parse().ok(),
            is_done: words.next()? == "done",
        })
    }
}

/// Tells how far one download is.
#[derive(Debug)]
pub(crate) struct Teller {
    news: DownloadNews,
    told: Option<Instant>,
}

impl Teller {
    pub(crate) fn new(flow: u32, length_bytes: Option<u64>) -> Self {
        let news = DownloadNews { flow, came_bytes: 0, length_bytes, is_done: false };
        let mut teller = Self { news, told: None };
        teller.tell();
        teller
    }

    /// Some more came.
    pub(crate) fn came(&mut self, bytes: usize) {
        self.news.came_bytes += bytes as u64;
        if self.told.is_none_or(|told| told.elapsed() >= INTERVAL) {
            self.tell();
        }
    }

    /// That was all.
    pub(crate) fn done(mut self) {
        self.news.is_done = true;
        self.tell();
    }

    fn tell(&mut self) {
        self.told = Some(Instant::now());
        // One call for one line. Nobody depends on it.
        let _ = io::stderr().write_all(self.news.to_line().as_bytes());
    }
}

/// Passes on the news of a run's process until it ends; gives the first of what else it said.
pub(crate) fn listen(stderr: impl Read, mut tell: impl FnMut(DownloadNews)) -> String {
    let mut said = String::new();
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    // A line without an end must not fill the memory.
    while matches!(
        stderr.by_ref().take(LAST_WORDS_BYTES as u64).read_until(b'\n', &mut line),
        Ok(1..)
    ) {
        let text = String::from_utf8_lossy(&line);
        match DownloadNews::from_line(&text) {
            Some(piece) => tell(piece),
            None if said.len() < LAST_WORDS_BYTES => said.push_str(&text),
            None => {}
        }
        line.clear();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_told_apart_from_other_words() {
        let first = DownloadNews { flow: 3, came_bytes: 5, length_bytes: None, is_done: false };
        let last = DownloadNews { flow: 4, came_bytes: 9, length_bytes: Some(9), is_done: true };
        let stream = format!("warning\n{}{}the end", first.to_line(), last.to_line());
        let mut told = Vec::new();
        assert_eq!(listen(stream.as_bytes(), |news| told.push(news)), "warning\nthe end");
        assert_eq!(told, [first, last]);
    }
}
