//! The top of a thread's stack, as it was at one moment.
//!
//! Left out on purpose: what its words mean.

/// The top of a thread's stack while it was in a system call, as the kernel saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RawStack {
    /// The process.
    pub pid: u32,
    /// The instruction behind the system call (`rip`).
    pub instruction: u64,
    /// Where the stack's top was (`rsp`).
    pub stack_pointer: u64,
    /// The register that holds the frame pointer in code that keeps one (`rbp`), whatever it holds;
    /// 0 where it is not known.
    pub frame_pointer: u64,
    /// Return addresses along the frame pointers, innermost first, as `bpf_get_stack` has them: it
    /// may begin with `instruction` itself, be short, and be wrong.
    pub frames: Vec<u64>,
    /// The words at `stack_pointer` and above it. 32 of them reach to the caller of `read`; it
    /// takes twice as many to reach through the buffered input of libc, and four times as many to
    /// get far in most programs without frame pointers.
    pub words: Vec<u64>,
}

impl RawStack {
    /// The word `offset` bytes above the stack's top; none beyond what was kept.
    pub(super) fn word(&self, offset: i64) -> Option<u64> {
        let aligned = offset % WORD_BYTES == 0;
        let index = usize::try_from(offset / WORD_BYTES).ok().filter(|_| aligned && offset >= 0)?;
        self.words.get(index).copied()
    }

    /// How far `pointer` is above the stack's top.
    pub(super) fn offset_of(&self, pointer: u64) -> i64 {
        pointer.wrapping_sub(self.stack_pointer).cast_signed()
    }
}

/// The size of a word of the stack.
pub(super) const WORD_BYTES: i64 = 8;

#[cfg(test)]
mod tests {
    use super::RawStack;

    #[test]
    fn words_are_read_by_whole_words_and_never_beyond_the_end() {
        let raw = RawStack { words: vec![7, 8], ..RawStack::default() };
        assert_eq!([raw.word(0), raw.word(8)], [Some(7), Some(8)]);
        for outside in [-8, 4, 16, i64::MIN, i64::MAX] {
            assert_eq!(raw.word(outside), None, "{outside}");
        }
    }
}
