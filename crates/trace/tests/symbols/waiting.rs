//! A program that waits in a system call, and its stack.
//!
//! Left out on purpose: stopping it. The kernel tells where a waiting thread's stack is.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use whywait_trace::symbols::RawStack;

/// How many words of the stack are taken.
const WORDS: usize = 128;

/// When a test gives up on a program that never waits.
const HANG: Duration = Duration::from_secs(60);

/// A program that waits; it is ended when this is dropped.
pub(crate) struct Waiting {
    child: Child,
    frame_pointer: u64,
}

impl Waiting {
    /// Starts `program`, which waits in the way named `how`, and waits until it does.
    pub(crate) fn start(program: &Path, how: &str) -> Self {
        let mut child = Command::new(program)
            .arg(how)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was just built");
        let mut line = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let frame_pointer = u64::from_str_radix(line.trim(), 16).expect("an address");
        Self { child, frame_pointer }
    }

    /// Its stack. The frame pointer is that of the function which called the one that waits, and
    /// holds for code that keeps frame pointers.
    pub(crate) fn stack(&self) -> RawStack {
        let pid = self.child.id();
        let (stack_pointer, instruction) = waits_at(pid);
        let memory = File::open(format!("/proc/{pid}/mem")).expect("our own child");
        let word = |address: u64| {
            let mut bytes = [0; 8];
            memory.read_exact_at(&mut bytes, address).map(|()| u64::from_le_bytes(bytes)).ok()
        };
        let words = (0..WORDS as u64).map_while(|index| word(stack_pointer + 8 * index)).collect();
        RawStack { pid, instruction, stack_pointer, words, ..RawStack::default() }
    }

    /// Its stack, with the frames that a walk along frame pointers finds from the function that
    /// called the one that waits.
    pub(crate) fn stack_with_frame_pointers(&self) -> RawStack {
        let mut raw = self.stack();
        let memory = File::open(format!("/proc/{}/mem", raw.pid)).expect("our own child");
        let mut pointer = self.frame_pointer;
        raw.frames.push(raw.instruction);
        while raw.frames.len() < 16 {
            let mut bytes = [0; 16];
            if memory.read_exact_at(&mut bytes, pointer).is_err() {
                break;
            }
            let (saved, address) = bytes.split_at(8);
            raw.frames.push(u64::from_le_bytes(address.try_into().expect("8 bytes")));
            pointer = u64::from_le_bytes(saved.try_into().expect("8 bytes"));
        }
        raw
    }

    /// Ends it.
    pub(crate) fn end(mut self) -> u32 {
        let pid = self.child.id();
        self.finish();
        pid
    }

    fn finish(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The stack pointer and the instruction of a process, once it sleeps in a call.
fn waits_at(pid: u32) -> (u64, u64) {
    let began = Instant::now();
    while began.elapsed() < HANG {
        let text = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        let fields: Vec<&str> = text.split_whitespace().collect();
        if let [number, .., stack_pointer, instruction] = fields[..]
            && WAITS.contains(&number)
        {
            let parse = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16);
            return (
                parse(stack_pointer).expect("hexadecimal"),
                parse(instruction).expect("hexadecimal"),
            );
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("process {pid} never waits");
}

/// The numbers of read(2), nanosleep(2) and clock_nanosleep(2).
const WAITS: &[&str] = &["0", "35", "230"];
