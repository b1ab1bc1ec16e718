//! What whywait was started with and has changed since.
//!
//! Before `main`, the Rust runtime ignores SIGPIPE and opens `/dev/null` in place of standard
//! descriptors that are closed; later, a front end catches signals. What stood there before can
//! only be read earlier: by a function that the loader calls before `main`.
//!
//! The kernel is asked without the C library, which hides two signals that it uses itself; a
//! program may have been started with these ignored as well.
//!
//! Left out on purpose: what whywait does not change, such as limits, priority and working
//! directory.
#![expect(unsafe_code, reason = "signals are read and set by system calls that take pointers")]

use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::OnceLock;

/// The highest number of a signal on Linux.
const SIGNALS: i32 = 64;

/// The bytes of a set of them.
const MASK_BYTES: usize = size_of::<u64>();

/// Signals 32 and 33 (`nptl(7)`).
const THE_C_LIBRARYS: u64 = 0b11 << 31;

/// Standard input, output and error.
const STANDARD: [RawFd; 3] = [0, 1, 2];

static RECORDED: OnceLock<Inheritance> = OnceLock::new();

/// The loader calls what stands in this section before `main`, and so before the Rust runtime.
#[used]
// SAFETY: the section holds pointers to C functions, which is what stands here.
#[unsafe(link_section = ".init_array")]
static RECORD: extern "C" fn() = record;

extern "C" fn record() {
    RECORDED.get_or_init(Inheritance::now);
}

/// The kernel's `struct sigaction`; it is smaller on systems without a restorer.
#[repr(C)]
#[derive(Default)]
struct Action {
    handler: libc::sighandler_t,
    flags: libc::c_ulong,
    restorer: usize,
    mask: u64,
}

/// What whywait was started with and has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inheritance {
    /// Signals that are ignored, a bit each; the lowest is signal 1.
    ignored: u64,
    /// Signals that are blocked.
    blocked: u64,
    /// Which of the standard descriptors are closed.
    closed: [bool; STANDARD.len()],
}

impl Inheritance {
    /// What whywait was started with.
    pub(super) fn recorded() -> Self {
        *RECORDED.get_or_init(Self::now)
    }

    /// Gives this process what was recorded, before it executes a program. Only system calls, as
    /// it runs between fork and exec.
    pub(super) fn restore(self) -> io::Result<()> {
        for signal in signals() {
            let disposition =
                if contains(self.ignored, signal) { libc::SIG_IGN } else { libc::SIG_DFL };
            set_disposition(signal, disposition);
        }
        for (descriptor, _) in STANDARD.iter().zip(self.closed).filter(|(_, closed)| *closed) {
            // SAFETY: what stands there is the runtime's own `/dev/null`, which no value owns.
            unsafe { libc::close(*descriptor) };
        }
        set_mask(self.blocked)
    }

    /// Blocks all signals in the calling thread but those of the C library, without which another
    /// thread could not change the user of the process.
    pub(super) fn block_signals() -> io::Result<()> {
        set_mask(!THE_C_LIBRARYS)
    }

    fn now() -> Self {
        let mut ignored = 0;
        for signal in signals().filter(|signal| is_ignored(*signal)) {
            ignored |= bit(signal);
        }
        Self { ignored, blocked: mask(), closed: STANDARD.map(is_closed) }
    }
}

/// Makes sure that the endings of children can be asked for: where SIGCHLD is ignored, as whoever
/// started whywait may have left it, the kernel throws them away.
pub(super) fn keep_endings() {
    if is_ignored(libc::SIGCHLD) {
        set_disposition(libc::SIGCHLD, libc::SIG_DFL);
    }
}

fn signals() -> impl Iterator<Item = i32> {
    1..=SIGNALS
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

fn contains(set: u64, signal: i32) -> bool {
    set & bit(signal) != 0
}

fn is_ignored(signal: i32) -> bool {
    let mut action = Action::default();
    let nothing = ptr::null::<Action>();
    // SAFETY: nothing is changed, and there is room for the answer.
    let result = unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, nothing, &raw mut action, MASK_BYTES)
    };
    result == 0 && action.handler == libc::SIG_IGN
}

fn set_disposition(signal: i32, handler: libc::sighandler_t) {
    let action = Action { handler, ..Action::default() };
    let nothing = ptr::null_mut::<Action>();
    // SAFETY: the callers give none but SIG_IGN and SIG_DFL, which are no handlers. Of a signal
    // that cannot be ignored this fails and changes nothing.
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, &raw const action, nothing, MASK_BYTES)
    };
}

fn is_closed(descriptor: RawFd) -> bool {
    // SAFETY: F_GETFD takes no pointer; of a descriptor that is closed it fails.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) == -1 }
}

fn mask() -> u64 {
    let mut mask = 0_u64;
    let nothing = ptr::null::<u64>();
    // SAFETY: nothing is changed, and there is room for the answer.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, nothing, &raw mut mask, MASK_BYTES)
    };
    mask
}

fn set_mask(mask: u64) -> io::Result<()> {
    let nothing = ptr::null_mut::<u64>();
    // SAFETY: a mask is a plain number; the old one is not asked for.
    let result = unsafe {
        let how = libc::SIG_SETMASK;
        libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const mask, nothing, MASK_BYTES)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
