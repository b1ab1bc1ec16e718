//! Writing a record to a file.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::header::Header;
use super::line::End;
use crate::{Process, Record, Timeline};

/// Writes a record as a file, a line at a time.
///
/// # Errors
/// Those of `out`.
pub fn write(record: &Record, out: impl Write) -> io::Result<()> {
    let mut lines = Lines { out: GzEncoder::new(out, Compression::default()), count: 0 };
    lines.add("header", &Header::of(record))?;
    for process in &record.processes {
        lines.add("process", &process.without_threads())?;
        lines.add_all("thread", &process.threads)?;
    }
    lines.add_all("descriptor", &record.descriptors)?;
    lines.add_all("wake", &record.wakes)?;
    lines.add_all("slow_call", &record.slow_calls)?;
    if let Some(timeline) = &record.timeline {
        let Timeline { intervals, edges, cut_off, cut_off_at_ns } = timeline;
        let (cut_off, cut_off_at_ns) = (*cut_off, *cut_off_at_ns);
        lines.add("timeline", &Timeline { cut_off, cut_off_at_ns, ..Timeline::default() })?;
        lines.add_all("interval", intervals)?;
        lines.add_all("edge", edges)?;
    }
    let end = End { lines: lines.count };
    lines.add("end", &end)?;
    lines.out.finish()?.flush()
}

/// Lines that are compressed as they come.
struct Lines<Out: Write> {
    out: GzEncoder<Out>,
    count: u64,
}

impl<Out: Write> Lines<Out> {
    fn add(&mut self, field: &str, value: &impl Serialize) -> io::Result<()> {
        self.count += 1;
        write!(self.out, "{{\"{field}\":")?;
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"}\n")
    }

    fn add_all(&mut self, field: &str, values: &[impl Serialize]) -> io::Result<()> {
        values.iter().try_for_each(|value| self.add(field, value))
    }
}

impl Process {
    fn without_threads(&self) -> Self {
        // Without `..`, so that a new field is not forgotten.
        let Self {
            pid,
            parent_pid,
            merged_count,
            command,
            execs,
            began_at_ns,
            ended_at_ns,
            ending,
            session_pid,
            age_ns,
            descriptors,
            descriptors_left_out,
            threads: _,
        } = self;
        Self {
            pid: *pid,
            parent_pid: *parent_pid,
            merged_count: *merged_count,
            command: command.clone(),
            execs: *execs,
            began_at_ns: *began_at_ns,
            ended_at_ns: *ended_at_ns,
            ending: *ending,
            session_pid: *session_pid,
            age_ns: *age_ns,
            descriptors: descriptors.clone(),
            descriptors_left_out: *descriptors_left_out,
            threads: Vec::new(),
        }
    }
}
