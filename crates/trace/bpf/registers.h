/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The registers with which a task entered the kernel. They lie at the top of its kernel stack; a
 * helper finds them from Linux 5.15 on.
 */
#pragma once

#include "maps.h"

struct registers {
	bool direct; /* known when the program is loaded, so that one of the two ways is removed */
	struct pt_regs *frame;
	u64 at;
};

INLINE bool has_registers_helper(void)
{
	return !forgo_registers && __builtin_preserve_enum_value(*(enum bpf_func_id *)BPF_FUNC_task_pt_regs,
								 ENUMERATOR_EXISTS);
}

/* Where the registers of the task at an address lie (task_pt_regs in asm/processor.h). */
INLINE u64 address_of_registers(u64 task)
{
	enum { STACK_BYTES = 16384, REGISTERS_BYTES = 168, FRED_PADDING = 16 };
	struct task_struct *at = (struct task_struct *)task;
	u64 stack = 0, size = STACK_BYTES;

	READ(stack, at, stack);
	if (__builtin_preserve_field_info(at->kasan_depth, FIELD_EXISTS))
		size *= 2;
	if (__builtin_preserve_type_info(*(struct fred_frame *)0, TYPE_EXISTS))
		size -= FRED_PADDING;
	return stack + size - REGISTERS_BYTES;
}

/* The registers of a task of which the verifier knows that it is one; `address` is where it is. */
INLINE struct registers registers_of(struct task_struct *task, u64 address)
{
	struct registers found = { .direct = has_registers_helper() };

	if (found.direct)
		found.frame = bpf_task_pt_regs(task);
	else
		found.at = address_of_registers(address);
	return found;
}

/* A register. */
#define REGISTER(registers, name)                                                          \
	({                                                                                 \
		struct pt_regs *at_ = (struct pt_regs *)(registers).at;                    \
		unsigned long value_ = 0;                                                  \
		if ((registers).direct)                                                    \
			value_ = (registers).frame->name;                                  \
		else                                                                       \
			READ(value_, at_, name);                                           \
		value_;                                                                    \
	})
