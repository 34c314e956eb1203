/* SPDX-License-Identifier: MIT */
#include "victim_wire.h"
#include "check.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 8
#define CREATE_POOL_OPCODE 0
#define CREATE_POOL_BYTES 16

static const struct {
	const char *name;
	size_t bytes;
	size_t descriptors;
} parts[WIRE_PARTS_LEN] = {
	[WIRE_HALF_A_HEADER] = {"half a header sent", 5, 0},
	[WIRE_HEADER_ONLY] = {"header sent, without what follows", 8, 0},
	[WIRE_DESCRIPTOR_ONLY] = {"descriptor sent, without its message", 1, 1},
	[WIRE_DESCRIPTORS_AND_A_HEADER] = {"eight descriptors and a header sent", 8, 8},
};

const char *wire_part_name(enum wire_part part)
{
	return parts[part].name;
}

void wire_send_part(struct client *client, enum wire_part part)
{
	uint32_t header[2] = {wl_proxy_get_id((struct wl_proxy *)client->shm),
		CREATE_POOL_BYTES << 16 | CREATE_POOL_OPCODE};
	int fds[DESCRIPTORS_MAX];
	for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
		fds[i] = memfd_create("test-shm", MFD_CLOEXEC);
		CHECK_INT(>=, fds[i], 0);
	}
	struct iovec bytes = {header, parts[part].bytes};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(fds))] = {0};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	size_t len = parts[part].descriptors * sizeof(int);
	if (len > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(len);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(head), fds, len);
	}
	CHECK_EQUAL(sendmsg(wl_display_get_fd(client->display), &message, MSG_NOSIGNAL),
		(ssize_t)parts[part].bytes);
}
