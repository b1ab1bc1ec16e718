/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What a descriptor stands for.
 *
 * Left out on purpose: whole paths. The kernel lets only few programs build them; the last parts
 * of the name are sent along, and whywait looks the rest up while the descriptor is open.
 */
#pragma once

#include "maps.h"

/* The address of the open file behind a task's descriptor; 0 if there is none. */
INLINE u64 file_of(struct task_struct *task, s32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *fdt;
	u64 file = 0;

	if (!files || fd < 0)
		return 0;
	fdt = files->fdt;
	if ((u32)fd >= fdt->max_fds)
		return 0;
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

INLINE u32 class_of(u64 file_at)
{
	struct file *file = (struct file *)file_at;
	struct inode *inode = NULL;
	u16 mode = 0;

	READ(inode, file, f_inode);
	READ(mode, inode, i_mode);
	return class_of_mode(mode);
}

/* Tells one open file from another that has the same number later. */
INLINE u64 identity_of(u64 file_at)
{
	struct file *file = (struct file *)file_at;
	struct inode *inode = NULL;
	unsigned long number = 0;

	if (!file)
		return 0;
	READ(inode, file, f_inode);
	READ(number, inode, i_ino);
	return (file_at >> 4) ^ (number << 32) ^ ((u64)inode << 8);
}

/* Reads the name to which a Unix socket is bound, of at most 108 bytes, none of which need be text. How
 * many bytes it has. A socket that listens gives its name to those that it accepts. */
INLINE u32 read_unix_name(struct descriptor_event *event, u64 sock_at, u32 half)
{
	enum { HALF_PARTS = NAME_PARTS / 2, MOST_BYTES = 127, FAMILY_BYTES = sizeof(u16) };
	struct unix_sock *sock = (struct unix_sock *)sock_at;
	struct unix_address *address = NULL;
	s32 bytes = 0;
	void *name;

	_Static_assert(MOST_BYTES < HALF_PARTS * NAME_BYTES, "a name has room");
	READ(address, sock, addr);
	if (!address)
		return 0;
	READ(bytes, address, len);
	if (bytes <= FAMILY_BYTES)
		return 0;
	bytes = (bytes - FAMILY_BYTES) & MOST_BYTES;
	name = (void *)__builtin_preserve_access_index(&address->name) + FAMILY_BYTES;
	if (half)
		bpf_probe_read_kernel(event->names[HALF_PARTS], bytes, name);
	else
		bpf_probe_read_kernel(event->names[0], bytes, name);
	return bytes;
}

/* The names of a Unix socket and of the one to which it is connected. */
VERIFIED_ONCE int describe_unix(struct descriptor_event *event, u64 file_at)
{
	struct file *file = (struct file *)file_at;
	struct socket *socket = NULL;
	struct sock *sock = NULL, *peer = NULL;

	if (!event)
		return 0;
	READ(socket, file, private_data);
	READ(sock, socket, sk);
	READ(peer, (struct unix_sock *)sock, peer);
	event->remote_port = read_unix_name(event, (u64)peer, 0);
	event->local_port = read_unix_name(event, (u64)sock, 1);
	return 0;
}

VERIFIED_ONCE int describe_socket(struct descriptor_event *event, u64 file_at)
{
	struct file *file = (struct file *)file_at;
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
	if (event->family == AF_UNIX)
		return 0;
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

VERIFIED_ONCE int describe_names(struct descriptor_event *event, u64 file_at)
{
	struct file *file = (struct file *)file_at;
	struct dentry *dentry = NULL, *parent = NULL;
	int part;

	if (!event)
		return 0;
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
	return 0;
}

/* Sends what is known of the descriptor of a thread's call, which was not seen before. */
VERIFIED_ONCE int announce(struct thread *thread)
{
	struct descriptor_event *event;
	struct inode *inode = NULL;
	struct file *file;
	u16 mode = 0;

	if (!thread || thread->call.fd < 0)
		return 0;
	/* Where the call slept, another thread may have closed it meanwhile. */
	if (identity_of(thread->call.file_at) != thread->call.file)
		return 0;
	event = RESERVE(struct descriptor_event, ROOM_FOR_DESCRIPTORS);
	if (!event) {
		LOST(lost_events);
		return 0;
	}
	CLEAR(event);
	file = (struct file *)thread->call.file_at;
	READ(inode, file, f_inode);
	READ(mode, inode, i_mode);
	event->kind = EVENT_DESCRIPTOR;
	event->tgid = thread->tgid;
	event->fd = thread->call.fd;
	event->file = thread->call.file;
	event->class = class_of_mode(mode);
	if (event->class == CLASS_SOCKET)
		describe_socket(event, thread->call.file_at);
	/* Not from there, since functions may not call each other eight deep. */
	if (event->family == AF_UNIX && __builtin_preserve_type_info(*(struct unix_sock *)0, TYPE_EXISTS))
		describe_unix(event, thread->call.file_at);
	if (event->class != CLASS_SOCKET)
		describe_names(event, thread->call.file_at);
	submit(event);
	return 0;
}
