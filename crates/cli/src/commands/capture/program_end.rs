//! The end of the program that whywait started, passed on as whywait's own.
//!
//! Left out on purpose: ending it. Whoever goes on after watching has ended is left running.

use std::io::Write;
use std::time::{Duration, Instant};

use whywait_record::Ending;
use whywait_trace::Error;
use whywait_trace::launch::Launched;

use super::interruption::Interruption;

/// How long a program that got the same Ctrl-C as whywait may take to end, so that whywait can
/// pass on how it did.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the wish to end is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// The exit code by which whywait passes on how the program ended, as shells have it.
pub(super) fn code_of(ending: Ending) -> u8 {
    match ending {
        // Only the low eight bits of an exit status reach a parent.
        Ending::Exited(status) => (status & 0xff) as u8,
        Ending::Signalled(signal) => code_of_signal(signal),
    }
}

/// The same for a program that goes on: once it has ended, or somebody wishes that whywait ends.
pub(super) fn wait(mut program: Launched, interruption: &Interruption) -> Result<u8, Error> {
    let mut wished_at = None;
    loop {
        if let Some(ending) = program.wait_until(Instant::now() + GLANCE)? {
            return Ok(code_of(ending));
        }
        if let Some(signal) = interruption.signal() {
            let wished_at = *wished_at.get_or_insert_with(Instant::now);
            if wished_at.elapsed() >= PATIENCE {
                let pid = program.pid();
                // Where nobody reads it, the exit code says it all the same.
                let _ =
                    writeln!(anstream::stderr(), "whywait: the program goes on as process {pid}");
                return Ok(code_of_signal(signal));
            }
        }
    }
}

fn code_of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_have_the_codes_of_shells() {
        for (ending, code) in [
            (Ending::Exited(0), 0),
            (Ending::Exited(255), 255),
            (Ending::Signalled(2), 130),
            (Ending::Signalled(64), 192),
        ] {
            assert_eq!(code_of(ending), code, "{ending:?}");
        }
    }
}
