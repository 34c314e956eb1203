/* SPDX-License-Identifier: MIT */
#include "wire.h"
#include "case.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_SECONDS 30

bool wire_connect(struct wire *wire, const char *socket_name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
		getenv("XDG_RUNTIME_DIR"), socket_name);
	CHECK(length > 0 && (size_t)length < sizeof(address.sun_path));
	wire->out_len = wire->in_len = wire->fds_len = 0;
	wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK_INT(>=, wire->fd, 0);
	for (int tries = 0; tries < 1000 * case_seconds(ANSWER_SECONDS); tries++) {
		if (connect(wire->fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			return true;
		}
		if (errno != EAGAIN && errno != EINTR) {
			break;
		}
		usleep(1000); /* its queue of connections is full */
	}
	wire_close(wire);
	return false;
}

static void close_fds(struct wire *wire)
{
	for (size_t i = 0; i < wire->fds_len; i++) {
		close(wire->fds[i]);
	}
	wire->fds_len = 0;
}

void wire_close(struct wire *wire)
{
	close_fds(wire);
	if (wire->fd >= 0) {
		close(wire->fd);
	}
	wire->fd = -1;
}

void wire_put(struct wire *wire, uint32_t value)
{
	CHECK_INT(<=, wire->out_len + sizeof(value), WIRE_OUT_BYTES);
	memcpy(wire->out + wire->out_len, &value, sizeof(value));
	wire->out_len += sizeof(value);
}

void wire_begin(struct wire *wire, uint32_t id, uint16_t opcode)
{
	if (wire->out_len > WIRE_OUT_BYTES - 2 * WIRE_MAX_MESSAGE_BYTES) {
		wire_flush(wire);
	}
	wire->message_begin = wire->out_len;
	wire_put(wire, id);
	wire_put(wire, opcode);
}

void wire_put_bytes(struct wire *wire, uint32_t length_bytes, const void *bytes, size_t size_bytes)
{
	size_t padded_bytes = (size_bytes + 3) / 4 * 4;
	wire_put(wire, length_bytes);
	CHECK_INT(<=, wire->out_len + padded_bytes, WIRE_OUT_BYTES);
	memset(wire->out + wire->out_len, 0, padded_bytes);
	if (size_bytes > 0) {
		memcpy(wire->out + wire->out_len, bytes, size_bytes);
	}
	wire->out_len += padded_bytes;
}

void wire_put_fd(struct wire *wire, int fd)
{
	if (wire->fds_len == WIRE_MAX_FDS) {
		close(fd); /* one message has that many by no protocol */
		return;
	}
	wire->fds[wire->fds_len++] = fd;
}

void wire_end(struct wire *wire, int32_t extra_bytes)
{
	uint32_t size_bytes = (uint32_t)(wire->out_len - wire->message_begin), word;
	memcpy(&word, wire->out + wire->message_begin + 4, sizeof(word));
	word |= (size_bytes + (uint32_t)extra_bytes) << 16;
	memcpy(wire->out + wire->message_begin + 4, &word, sizeof(word));
	if (wire->fds_len > WIRE_MAX_FDS - 4) {
		wire_flush(wire);
	}
}

static void wait_for(const struct wire *wire, short events)
{
	struct pollfd ready = {.fd = wire->fd, .events = events};
	int count;
	do {
		count = poll(&ready, 1, case_seconds(ANSWER_SECONDS) * 1000);
	} while (count < 0 && errno == EINTR);
	if (count <= 0) {
		FAIL("the compositor hangs");
	}
}

static ssize_t send_some(struct wire *wire, size_t sent)
{
	char control[CMSG_SPACE(sizeof(wire->fds))];
	struct iovec data = {wire->out + sent, wire->out_len - sent};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	if (wire->fds_len > 0) {
		memset(control, 0, sizeof(control));
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(wire->fds_len * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(wire->fds_len * sizeof(int));
		memcpy(CMSG_DATA(header), wire->fds, wire->fds_len * sizeof(int));
	}
	return sendmsg(wire->fd, &message, MSG_NOSIGNAL);
}

bool wire_flush(struct wire *wire)
{
	size_t sent = 0;
	while (wire->fd >= 0 && sent < wire->out_len) {
		ssize_t count = send_some(wire, sent);
		if (count >= 0) {
			sent += (size_t)count;
			close_fds(wire);
		} else if (errno == EAGAIN) {
			wait_for(wire, POLLOUT);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			break; /* what it has said before it ended can be read still */
		} else if (errno != EINTR && errno != ETOOMANYREFS) {
			FAIL("sending failed: %s", strerror(errno));
		}
	}
	bool ok = sent == wire->out_len && wire->fd >= 0;
	close_fds(wire);
	wire->out_len = 0;
	return ok;
}

static void close_received(struct msghdr *message)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
		header = CMSG_NXTHDR(message, header)) {
		size_t len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < len; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
	}
}

bool wire_read(struct wire *wire)
{
	char control[1024];
	struct iovec data = {wire->in + wire->in_len, WIRE_IN_BYTES - wire->in_len};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	if (wire->fd < 0) {
		return false;
	}
	wait_for(wire, POLLIN);
	ssize_t count = recvmsg(wire->fd, &message, MSG_CMSG_CLOEXEC);
	if (count > 0) {
		close_received(&message);
		wire->in_len += (size_t)count;
		return true;
	}
	if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
		return true;
	}
	wire_close(wire);
	return false;
}
