//! Whether an address is one to which a call returns.
//!
//! Left out on purpose: all other instructions. x86-64 code cannot be decoded backwards, so bytes
//! that look like a call may be the end of something else; see where the answer is used.

/// How many bytes before an address [`call_before`] looks at.
pub(super) const LONGEST_CALL_BYTES: usize = 7;

/// A call, by how it says where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// `E8`: so far from the address behind the call.
    Direct {
        /// In bytes.
        distance: i32,
    },
    /// `FF /2`: by a register or a word of memory.
    Indirect,
}

/// The call that ends where `bytes` end, if they can be one (Intel's manual, volume 2, CALL).
pub(super) fn call_before(bytes: &[u8; LONGEST_CALL_BYTES]) -> Option<Call> {
    if let [_, _, 0xE8, distance @ ..] = bytes {
        return Some(Call::Direct { distance: i32::from_le_bytes(*distance) });
    }
    let indirect = (2..=LONGEST_CALL_BYTES).any(|length| {
        let instruction = &bytes[LONGEST_CALL_BYTES - length..];
        instruction[0] == 0xFF && length_behind_opcode(&instruction[1..]) == Some(length - 1)
    });
    indirect.then_some(Call::Indirect)
}

/// How many bytes the operand of `FF /2` takes: ModRM, SIB and displacement; none of another `FF`.
fn length_behind_opcode(operand: &[u8]) -> Option<usize> {
    let mod_rm = *operand.first()?;
    let (mode, register, memory) = (mod_rm >> 6, mod_rm >> 3 & 7, mod_rm & 7);
    if register != 2 {
        return None;
    }
    let sib = mode != 3 && memory == 4;
    let no_base = sib && *operand.get(1)? & 7 == 5;
    let displacement = match mode {
        0 if memory == 5 || no_base => 4,
        1 => 1,
        2 => 4,
        _ => 0,
    };
    Some(1 + usize::from(sib) + displacement)
}

#[cfg(test)]
mod tests {
    use super::{Call, LONGEST_CALL_BYTES, call_before};

    /// `instruction` behind bytes that are part of no call.
    fn behind(instruction: &[u8]) -> [u8; LONGEST_CALL_BYTES] {
        let mut bytes = [0x90; LONGEST_CALL_BYTES];
        bytes[LONGEST_CALL_BYTES - instruction.len()..].copy_from_slice(instruction);
        bytes
    }

    #[test]
    fn a_direct_call_has_a_distance() {
        let forwards = call_before(&behind(&[0xE8, 0x10, 0x20, 0, 0]));
        assert_eq!(forwards, Some(Call::Direct { distance: 0x2010 }));
        let backwards = call_before(&behind(&[0xE8, 0xFB, 0xFF, 0xFF, 0xFF]));
        assert_eq!(backwards, Some(Call::Direct { distance: -5 }));
    }

    #[test]
    fn indirect_calls_are_seen_in_all_their_forms() {
        let forms: [&[u8]; 10] = [
            &[0xFF, 0xD0],                         // call *%rax
            &[0x41, 0xFF, 0xD4],                   // call *%r12
            &[0xFF, 0x10],                         // call *(%rax)
            &[0xFF, 0x53, 0x18],                   // call *0x18(%rbx)
            &[0xFF, 0x14, 0xD8],                   // call *(%rax,%rbx,8)
            &[0xFF, 0x54, 0x24, 0x08],             // call *0x8(%rsp)
            &[0xFF, 0x15, 0x34, 0x12, 0, 0],       // call *0x1234(%rip)
            &[0xFF, 0x90, 0, 1, 0, 0],             // call *0x100(%rax)
            &[0xFF, 0x94, 0x24, 0, 1, 0, 0],       // call *0x100(%rsp)
            &[0xFF, 0x14, 0xC5, 0, 0x10, 0x40, 0], // call *0x401000(,%rax,8)
        ];
        for form in forms {
            assert_eq!(call_before(&behind(form)), Some(Call::Indirect), "{form:02x?}");
        }
    }

    #[test]
    fn other_instructions_are_no_calls() {
        let others: [&[u8]; 7] = [
            &[0x0F, 0x05],                   // syscall
            &[0xFF, 0xE0],                   // jmp *%rax
            &[0xFF, 0x25, 0x34, 0x12, 0, 0], // jmp *0x1234(%rip)
            &[0xE9, 0x10, 0, 0, 0],          // jmp
            &[0xFF, 0x50],                   // call *…(%rax), its displacement missing
            &[0xFF, 0x14],                   // its SIB missing
            &[0x48, 0x89, 0xC7],             // mov %rax,%rdi
        ];
        for other in others {
            assert_eq!(call_before(&behind(other)), None, "{other:02x?}");
        }
    }
}
