/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A connection to the compositor, message by message: libwayland-client would send
 * nothing that is wrong. What is put is kept until wire_flush.
 */

#define WIRE_OUT_BYTES 65536
#define WIRE_IN_BYTES 65536
#define WIRE_MAX_MESSAGE_BYTES 4096 /* libwayland takes no longer ones */
#define WIRE_MAX_FDS 24             /* with one sendmsg */

struct wire {
	int fd; /* -1 once the connection has ended */
	uint8_t out[WIRE_OUT_BYTES];
	size_t out_len, message_begin;
	int fds[WIRE_MAX_FDS]; /* to be sent, owned */
	size_t fds_len;
	uint8_t in[WIRE_IN_BYTES];
	size_t in_len;
};

/* `socket` as in WAYLAND_DISPLAY. False if the compositor refuses. */
bool wire_connect(struct wire *wire, const char *socket);
void wire_close(struct wire *wire);

void wire_begin(struct wire *wire, uint32_t id, uint16_t opcode);
void wire_put(struct wire *wire, uint32_t value);
/* `length_bytes` is what is told, which may be wrong; `size_bytes` what is there, then padded. */
void wire_put_bytes(struct wire *wire, uint32_t length_bytes, const void *bytes, size_t size_bytes);
/* Takes the descriptor. */
void wire_put_fd(struct wire *wire, int fd);
/* `extra_bytes` makes the size that is told wrong. */
void wire_end(struct wire *wire, int32_t extra_bytes);

/* Sends all. False if the connection has ended. Fails the case if that takes too long. */
bool wire_flush(struct wire *wire);
/*
 * Waits until there is something, and reads it to `in`; descriptors are closed at once.
 * False if the connection has ended. Fails the case if nothing comes for too long.
 */
bool wire_read(struct wire *wire);

#endif
