//! `crowd N`: a program with very many threads, all of which do a little all the time.
//!
//! Left out on purpose: any work. What is asked is what its threads cost who watches them.

use std::fs::File;
use std::io::{Write, stdout};
use std::thread;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::echo::end_with_parent;
use crate::failure::Failure;

/// Between two calls of a thread.
const PAUSE: Duration = Duration::from_millis(200);
/// A thread calls functions of the standard library only.
const STACK_BYTES: usize = 64 << 10;

/// `crowd --threads N`: says `ready` once all threads run, and goes on until it is ended, at the
/// latest with its parent.
///
/// # Errors
/// When the threads cannot be started.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let threads = Arguments::parse(words, &["--threads"])?.number("--threads", 2000)?;
    end_with_parent()?;
    for number in 0..threads {
        let mut sink = File::options().write(true).open("/dev/null")?;
        let name = format!("crowd-{number}");
        thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || {
            while sink.write_all(b".").is_ok() {
                thread::sleep(PAUSE);
            }
        })?;
    }
    writeln!(stdout(), "ready")?;
    loop {
        thread::park();
    }
}
