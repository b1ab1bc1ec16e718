//! The reference: threads that open, write or read, and close, written by hand.
//!
//! Left out on purpose: everything that a library would add.

use std::ffi::CStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rustix::fs::{Mode, OFlags, open};

use super::{Job, Sample, Work};
use crate::failure::Failure;

/// Does the job with so many threads, which take the files one by one.
///
/// # Errors
/// When a file cannot be opened, written or read.
pub(super) fn run(job: &Job, threads: usize) -> Result<Sample, Failure> {
    let next = AtomicU32::new(0);
    let ready = Barrier::new(threads);
    let outcomes: Vec<io::Result<Outcome>> = std::thread::scope(|scope| {
        let worker = || {
            ready.wait();
            let began = Instant::now();
            let bytes = take_files(job, &next)?;
            Ok(Outcome { began, ended: Instant::now(), bytes })
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|outcome| outcome.expect("a worker does not panic")).collect()
    });
    let outcomes = outcomes.into_iter().collect::<io::Result<Vec<Outcome>>>()?;
    let began = outcomes.iter().map(|outcome| outcome.began).min().ok_or("no threads")?;
    let ended = outcomes.iter().map(|outcome| outcome.ended).max().ok_or("no threads")?;
    let bytes = outcomes.iter().map(|outcome| outcome.bytes).sum();
    Ok(Sample::new(ended - began, bytes, job.files))
}

/// What one thread did.
struct Outcome {
    began: Instant,
    ended: Instant,
    bytes: u64,
}

/// Takes files until there is none left; gives the bytes written or read.
fn take_files(job: &Job, next: &AtomicU32) -> io::Result<u64> {
    let mut buffer = match job.work {
        Work::Write => job.content.shared().unwrap_or_default().to_vec(),
        Work::Read | Work::Random => vec![0; 16 << 10],
    };
    let mut path = job.directory.as_os_str().as_bytes().to_vec();
    path.push(b'/');
    let directory_length = path.len();
    let mut bytes = 0;
    loop {
        let file = next.fetch_add(1, Ordering::Relaxed);
        if file >= job.files {
            return Ok(bytes);
        }
        path.truncate(directory_length);
        write!(path, "file_{file}.txt\0")?;
        let name = CStr::from_bytes_until_nul(&path).map_err(io::Error::other)?;
        bytes += match job.work {
            Work::Read => read_file(name, &mut buffer)?,
            Work::Write => write_file(name, &buffer)?,
            Work::Random => {
                job.content.fill(file, &mut buffer);
                write_file(name, &buffer)?
            }
        };
    }
}

fn write_file(path: &CStr, data: &[u8]) -> io::Result<u64> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::from_raw_mode(0o666))?;
    let mut written = 0;
    while written < data.len() {
        written += rustix::io::write(&file, &data[written..])?;
    }
    Ok(written as u64)
}

fn read_file(path: &CStr, buffer: &mut [u8]) -> io::Result<u64> {
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = 0;
    loop {
        match rustix::io::read(&file, &mut *buffer)? {
            0 => return Ok(bytes),
            count => bytes += count as u64,
        }
    }
}
