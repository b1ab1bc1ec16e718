/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The least that watching every call of one process can do: two programs, at the entry and at the
 * exit of every system call of the machine, which look whose call it is. What they cost is the
 * price of the hooks themselves, against which `cargo xtask bench explain` holds whywait's own.
 *
 * Left out on purpose: everything that one would watch for.
 */
#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

typedef unsigned int u32;
typedef unsigned long long u64;

/* bpf-helpers(7): the helper's number is its address. */
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;

/* The process to look for; set before loading. Volatile, as what it will be is not known here. */
const volatile u32 watched_pid = 0;

char LICENSE[] SEC("license") = "Dual MIT/GPL";

INLINE int is_watched(void)
{
	return (u32)(bpf_get_current_pid_tgid() >> 32) == watched_pid;
}

SEC("tp_btf/sys_enter")
int enter(void *context)
{
	return is_watched();
}

SEC("tp_btf/sys_exit")
int leave(void *context)
{
	return is_watched();
}
