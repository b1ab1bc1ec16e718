//! An emulated machine that boots one kernel and runs the steps.
//!
//! Everything is emulated in software, so that it also runs inside virtual machines.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Failed, run_to_end};

use super::outcome::{Outcome, Verdict};
use super::package::Kernel;
use super::step::Step;
use super::table;

/// The emulator.
pub(super) const EMULATOR: &str = "qemu-system-x86_64";

/// The machine: one CPU of software, and memory for two thousand threads.
///
/// With a second CPU, kernels die now and then of `Oops: int3`. When a tracepoint is switched on or
/// off the kernel patches its own code while other CPUs run it, and the emulator of Debian 12 (qemu
/// 7.2) may keep what it translated in the middle of that. Switching the scheduler's tracepoints by
/// tracefs alone, without any BPF program, does it within seconds.
const HARDWARE: &[&str] = &[
    "-accel",
    "tcg,tb-size=512",
    "-machine",
    "q35",
    "-cpu",
    "max",
    "-smp",
    "1",
    "-m",
    "2048",
    "-nodefaults",
    "-display",
    "none",
    "-no-reboot",
];

/// What the kernel is told: to end the machine at a panic, to make a panic of a fault, and to leave
/// out what costs an emulated CPU much.
const COMMAND_LINE: &str = "console=ttyS0 quiet loglevel=4 panic=-1 oops=panic mitigations=off \
    nokaslr tsc=reliable no_timer_check nowatchdog audit=0 apparmor=0";

/// The size of the disk, of which only what is written takes room on the host.
const DISK_BYTES: u64 = 1 << 30;

/// The disk does not wait for the host's, and takes ten milliseconds for each request. Without a
/// limit a request takes less time than the emulated CPU needs to make it.
const DRIVE: &str = "if=none,id=disk,format=raw,cache=unsafe,throttling.iops-total=100";

/// A guest that runs longer is ended.
const DEADLINE: Duration = Duration::from_secs(600);

/// How often the host looks how far the guest is.
const LOOK: Duration = Duration::from_millis(200);

/// How many lines of the kernel's own output are shown of a guest that did not end by itself.
const TAIL: usize = 40;

/// A machine that has not started yet.
pub(super) struct Machine<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) initramfs: Vec<u8>,
    /// Where its disk and its output are kept.
    pub(super) directory: &'a Path,
}

impl Machine<'_> {
    /// Boots it, runs the steps, and prints each outcome as it comes and the output of those that
    /// failed.
    pub(super) fn run(&self, steps: &[&'static Step]) -> Result<Vec<Outcome>, Failed> {
        let console = self.place("console.log");
        let written = self.place("steps.log");
        let begin = Instant::now();
        let mut guest = Guest(self.start(&console, &written)?);
        let release = &self.kernel.release;
        println!("{release}: boots");
        let mut shown = 0;
        let ended = loop {
            let ended = guest.0.try_wait().map_err(Failed::read(Path::new(EMULATOR)))?;
            let outcomes = Outcome::all(steps, &text(&written));
            shown += show(release, &outcomes[shown..]);
            if ended.is_some() || begin.elapsed() > DEADLINE {
                break ended;
            }
            sleep(LOOK);
        };
        let outcomes = Outcome::all(steps, &text(&written));
        drop(guest);
        let seconds = begin.elapsed().as_secs();
        match ended {
            None => println!("{release}: was ended at the deadline, after {seconds} s"),
            Some(status) if status.success() => println!("{release}: ended after {seconds} s"),
            // It has said why.
            Some(status) => {
                return Err(Failed::Status { command: EMULATOR.to_owned(), status });
            }
        }
        if let Some(open) = outcomes.iter().find(|outcome| is_open(outcome.verdict)) {
            println!("{release}: {}: {}", open.step.name, table::words(open.verdict));
            println!("{}\nthe kernel's last lines:\n{}", open.output, tail(&text(&console)));
        }
        Ok(outcomes)
    }

    fn start(&self, console: &Path, written: &Path) -> Result<Child, Failed> {
        let initramfs = self.place("initramfs");
        std::fs::write(&initramfs, &self.initramfs).map_err(Failed::write(&initramfs))?;
        let disk = self.place("disk.img");
        let sized = File::create(&disk).and_then(|file| file.set_len(DISK_BYTES));
        sized.map_err(Failed::write(&disk))?;
        // It is where only root looks for programs.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let mut format = Command::new("mke2fs");
        run_to_end(format.args(["-q", "-F", "-t", "ext4"]).arg(&disk).env("PATH", path))?;
        let mut emulator = Command::new(EMULATOR);
        emulator.args(HARDWARE).arg("-kernel").arg(&self.kernel.image);
        emulator.arg("-initrd").arg(&initramfs).args(["-append", COMMAND_LINE]);
        for port in [console, written] {
            std::fs::write(port, "").map_err(Failed::write(port))?;
            emulator.arg("-serial").arg(format!("file:{}", port.display()));
        }
        emulator.arg("-drive").arg(format!("file={},{DRIVE}", disk.display()));
        emulator.args(["-device", "nvme,drive=disk,serial=disk"]).stdin(Stdio::null());
        let shown = format!("{emulator:?}");
        emulator.spawn().map_err(|source| Failed::Start { command: shown, source })
    }

    fn place(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A running emulator, which ends when this is dropped.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        // One that has ended needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Prints the outcomes up to the first one that is still open, and what failed in full. How many.
fn show(release: &str, outcomes: &[Outcome]) -> usize {
    let done = outcomes.iter().take_while(|outcome| !is_open(outcome.verdict));
    done.inspect(|outcome| {
        println!("{release}: {}: {}", outcome.step.name, table::words(outcome.verdict));
        if outcome.step.shown || !outcome.passed() {
            println!("{}", outcome.output);
        }
    })
    .count()
}

fn is_open(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Unfinished | Verdict::NotReached)
}

/// What a guest wrote until now.
fn text(port: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(port).unwrap_or_default()).into_owned()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::{TAIL, tail};

    #[test]
    fn a_tail_is_the_end_of_a_text_that_is_long_enough() {
        assert_eq!(tail("one\ntwo\n"), "one\ntwo");
        let long = "line\n".repeat(TAIL) + "last\n";
        assert_eq!(tail(&long).lines().count(), TAIL);
        assert!(tail(&long).ends_with("last"));
    }
}
