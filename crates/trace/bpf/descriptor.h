/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What a descriptor of the current task stands for.
 *
 * Left out on purpose: whole paths. The kernel lets only few programs build them; the last parts
 * of the name are sent along, and whywait looks the rest up while the descriptor is open.
 */
#pragma once

#include "maps.h"

INLINE struct file *file_of(struct task_struct *task, s32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *fdt;
	struct file *file = NULL;

	if (!files || fd < 0)
		return NULL;
	fdt = files->fdt;
	if ((u32)fd >= fdt->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

/* Four bits for each value of the upper four bits of a mode. Not a switch, since the verifier would
 * look at all that follows once for each case. */
#define CLASS_AT(mode, class) ((u64)(class) << ((mode) >> 12) * 4)

INLINE u32 class_of_mode(u32 mode)
{
	const u64 classes = CLASS_AT(S_IFREG, CLASS_FILE) | CLASS_AT(S_IFDIR, CLASS_DIRECTORY) |
			    CLASS_AT(S_IFIFO, CLASS_PIPE) | CLASS_AT(S_IFSOCK, CLASS_SOCKET) |
			    CLASS_AT(S_IFCHR, CLASS_CHAR) | CLASS_AT(S_IFBLK, CLASS_BLOCK) |
			    CLASS_AT(0, CLASS_OTHER);

	return (classes >> ((mode & S_IFMT) >> 12) * 4) & 7;
}

INLINE u32 class_of(struct file *file)
{
	struct inode *inode = NULL;
	u16 mode = 0;

	READ(inode, file, f_inode);
	READ(mode, inode, i_mode);
	return class_of_mode(mode);
}

/* Tells one open file from another that has the same number later. */
INLINE u64 identity_of(struct file *file)
{
	struct inode *inode = NULL;
	unsigned long number = 0;

	if (!file)
		return 0;
	READ(inode, file, f_inode);
	READ(number, inode, i_ino);
	return ((u64)file >> 4) ^ (number << 32) ^ ((u64)inode << 8);
}

static __attribute__((noinline)) int describe_socket(struct descriptor_event *event, struct file *file)
{
	struct socket *socket = NULL;
	struct sock *sock = NULL;
	struct sock_common *common;
	u16 port = 0;

	if (!event)
		return 0;
	READ(socket, file, private_data);
	READ(sock, socket, sk);
	if (!sock)
		return 0;
	READ(event->socket_type, sock, sk_type);
	common = __builtin_preserve_access_index(&sock->__sk_common);
	READ(event->family, common, skc_family);
	READ(port, common, skc_dport);
	event->remote_port = __builtin_bswap16(port);
	READ(event->local_port, common, skc_num);
	if (event->family == AF_INET) {
		bpf_probe_read_kernel(event->remote, 4, __builtin_preserve_access_index(&common->skc_daddr));
		bpf_probe_read_kernel(event->local, 4, __builtin_preserve_access_index(&common->skc_rcv_saddr));
	} else if (event->family == AF_INET6) {
		bpf_probe_read_kernel(event->remote, 16, __builtin_preserve_access_index(&common->skc_v6_daddr));
		bpf_probe_read_kernel(event->local, 16, __builtin_preserve_access_index(&common->skc_v6_rcv_saddr));
	}
	return 0;
}

/* Sends what is known of a descriptor that was not seen before. */
static __attribute__((noinline)) int announce(struct task_struct *task, s32 fd, u64 identity)
{
	struct descriptor_event *event;
	struct thread *thread;
	struct file *file;
	struct inode *inode = NULL;
	struct dentry *dentry = NULL, *parent = NULL;
	u16 mode = 0;
	int part;

	if (!task)
		return 0;
	file = file_of(task, fd);
	thread = watched(task);
	if (!file || !thread)
		return 0;
	event = RESERVE(struct descriptor_event, ROOM_FOR_DESCRIPTORS);
	if (!event) {
		LOST(lost_events);
		return 0;
	}
	CLEAR(event);
	READ(inode, file, f_inode);
	READ(mode, inode, i_mode);
	event->kind = EVENT_DESCRIPTOR;
	event->tgid = thread->tgid;
	event->fd = fd;
	event->file = identity;
	event->class = class_of_mode(mode);
	if (event->class == CLASS_SOCKET) {
		describe_socket(event, file);
	} else {
		bpf_probe_read_kernel(&dentry, sizeof(dentry), __builtin_preserve_access_index(&file->f_path.dentry));
		for (part = 0; part < NAME_PARTS; part++) {
			const unsigned char *name = NULL;

			bpf_probe_read_kernel(&name, sizeof(name), __builtin_preserve_access_index(&dentry->d_name.name));
			bpf_probe_read_kernel_str(event->names[part], NAME_BYTES, name);
			READ(parent, dentry, d_parent);
			if (!parent || parent == dentry)
				break;
			dentry = parent;
		}
	}
	submit(event);
	return 0;
}

/* The same of the current task. Not static, so that the verifier looks at it by itself. */
__attribute__((noinline)) int announce_current(s32 fd, u64 identity)
{
	return announce(bpf_get_current_task_btf(), fd, identity);
}
