//! Whether this program was given rights that its caller has not.

use std::fs;

/// `AT_SECURE` of `getauxval(3)`: not zero for a program that is set-user-ID or has capabilities.
const AT_SECURE: usize = 23;

/// Bytes of an entry of `/proc/self/auxv`: two words.
const ENTRY_BYTES: usize = 2 * size_of::<usize>();

/// Whether the program was executed with more rights than its caller has, so that what the caller
/// says about it must not be believed. Where it cannot be found out, it was: the file is hidden
/// from such programs.
pub(super) fn is_privileged() -> bool {
    fs::read("/proc/self/auxv").ok().and_then(|auxv| entry(&auxv, AT_SECURE)).unwrap_or(1) != 0
}

/// The value of an entry of the auxiliary vector, as `/proc/self/auxv` has it (`proc(5)`).
fn entry(auxv: &[u8], kind: usize) -> Option<usize> {
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
    auxv.chunks_exact(ENTRY_BYTES).find_map(|entry| {
        let (found, value) = entry.split_at(size_of::<usize>());
        (word(found)? == kind).then(|| word(value))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_program_has_no_rights_of_its_own() {
        assert!(!is_privileged());
    }

    #[test]
    fn an_entry_is_found_by_its_kind() {
        let auxv: Vec<u8> = [6, 4096, AT_SECURE, 1, 0, 0].map(usize::to_ne_bytes).concat();
        assert_eq!(entry(&auxv, AT_SECURE), Some(1));
        assert_eq!(entry(&auxv, 6), Some(4096));
        assert_eq!(entry(&auxv, 7), None);
        assert_eq!(entry(&auxv[..ENTRY_BYTES + 3], AT_SECURE), None);
    }
}
