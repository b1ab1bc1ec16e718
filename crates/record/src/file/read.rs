//! Reading a record from a file, which may be anything.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::GzDecoder;
use serde::Deserialize;

use super::header::Identity;
use super::line::{End, Line};
use super::{MOST_BYTES, MOST_LINE_BYTES, ReadError};
use crate::{Record, Timeline};

/// Reads a record. What is read is bounded: a small file cannot become a large one in memory
/// without an error.
///
/// # Errors
/// See [`ReadError`].
pub fn read(file: impl Read) -> Result<Record, ReadError> {
    let mut lines = Lines::new(BufReader::new(GzDecoder::new(BufReader::new(file))));
    let record = record(&mut lines)?;
    let mut file = lines.text.into_inner().into_inner().into_inner();
    match file.fill_buf() {
        Ok([]) => Ok(record),
        Ok(_) => Err(damaged(lines.count, GOES_ON)),
        Err(error) => Err(error.into()),
    }
}

/// Reads a record from the lines of a file, which are not compressed.
///
/// # Errors
/// As [`read`].
pub fn read_lines(text: impl Read) -> Result<Record, ReadError> {
    record(&mut Lines::new(BufReader::new(text)))
}

/// Why a file that has more than its last line is damaged.
const GOES_ON: &str = "it goes on after its end";

fn record(lines: &mut Lines<impl BufRead>) -> Result<Record, ReadError> {
    let first = lines.next()?.ok_or(ReadError::CutOff { lines: 0 })?;
    let mut record = header(&first)?;
    while let Some(line) = lines.next()? {
        let line = parse(&line, lines.count)?;
        if let Some(end) = line.end {
            lines.expect_end(end)?;
            return Ok(record);
        }
        take(&mut record, line).map_err(|why| damaged(lines.count, why))?;
    }
    Err(ReadError::CutOff { lines: lines.count })
}

fn header(line: &[u8]) -> Result<Record, ReadError> {
    #[derive(Deserialize)]
    struct First {
        header: Identity,
    }
    let first: First = serde_json::from_slice(line).map_err(|error| ReadError::NotARecord {
        why: format!("its first line is no header ({error})"),
    })?;
    first.header.check()?;
    let header = parse(line, 1)?.header;
    Ok(header.ok_or_else(|| damaged(1, "there is no header"))?.into_record())
}

fn parse(line: &[u8], number: u64) -> Result<Line, ReadError> {
    serde_json::from_slice(line).map_err(|error| damaged(number, error.to_string()))
}

fn damaged(line: u64, why: impl Into<String>) -> ReadError {
    ReadError::Damaged { line, why: why.into() }
}

/// Adds what a line holds.
fn take(record: &mut Record, line: Line) -> Result<(), &'static str> {
    if line.header.is_some() {
        return Err("there is a second header");
    }
    record.processes.extend(line.process);
    if let Some(thread) = line.thread {
        record.processes.last_mut().ok_or("a thread has no process")?.threads.push(thread);
    }
    record.descriptors.extend(line.descriptor);
    record.wakes.extend(line.wake);
    record.slow_calls.extend(line.slow_call);
    if let Some(timeline) = line.timeline
        && record.timeline.replace(timeline).is_some()
    {
        return Err("there is a second timeline");
    }
    if line.interval.is_some() || line.edge.is_some() {
        let timeline: &mut Timeline =
            record.timeline.as_mut().ok_or("an interval or edge has no timeline")?;
        timeline.intervals.extend(line.interval);
        timeline.edges.extend(line.edge);
    }
    Ok(())
}

/// The lines of a file, uncompressed.
struct Lines<Text> {
    text: io::Take<Text>,
    /// How many were read.
    count: u64,
}

impl<Text: BufRead> Lines<Text> {
    fn new(text: Text) -> Self {
        Self { text: text.take(MOST_BYTES), count: 0 }
    }

    /// The next line; none at the end of the file.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let mut line = Vec::new();
        let read = (&mut self.text).take(MOST_LINE_BYTES).read_until(b'\n', &mut line);
        match read {
            Ok(0) if self.text.limit() == 0 => {
                Err(ReadError::TooLarge { limit: MOST_BYTES, of: "in all" })
            }
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with(b"\n") => {
                self.count += 1;
                Ok(Some(line))
            }
            Ok(length) if length as u64 == MOST_LINE_BYTES => {
                Err(ReadError::TooLarge { limit: MOST_LINE_BYTES, of: "in a line" })
            }
            Ok(_) => Err(ReadError::CutOff { lines: self.count }),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: io::Error) -> ReadError {
        match error.kind() {
            ErrorKind::UnexpectedEof if self.count == 0 => {
                ReadError::NotARecord { why: "it ends before its first line does".into() }
            }
            ErrorKind::UnexpectedEof => ReadError::CutOff { lines: self.count },
            ErrorKind::InvalidInput | ErrorKind::InvalidData if self.count == 0 => {
                ReadError::NotARecord { why: "it is not compressed with gzip".into() }
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                damaged(self.count + 1, "what is compressed there is not what was written")
            }
            _ => ReadError::Io(error),
        }
    }

    /// Checks that nothing was lost before this line, and that none follows.
    fn expect_end(&mut self, end: End) -> Result<(), ReadError> {
        let before = self.count - 1;
        if end.lines != before {
            let why = format!("it had {} lines before this one, and there are {before}", end.lines);
            return Err(damaged(self.count, why));
        }
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(damaged(self.count, GOES_ON)),
        }
    }
}
