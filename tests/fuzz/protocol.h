/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_PROTOCOL_H
#define TESTS_FUZZ_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every interface that an XML describes, as tables that tables.py writes: the XML of
 * Wayland, of wayland-protocols, of this project, and of its tests (where others have
 * none installed). What can be sent is invented from them.
 */

struct wire_arg {
	const char *name;
	char type; /* i u f s o n a h, as in libwayland's signatures */
	bool nullable;
	int interface;          /* index into wire_interfaces; -1 for any */
	const uint32_t *values; /* of its enum */
	size_t values_len;
	bool bitfield;
};

struct wire_message {
	const char *name;
	uint32_t since;
	bool destructor;
	const struct wire_arg *args;
	size_t args_len;
};

struct wire_interface {
	const char *name;
	uint32_t version;
	const struct wire_message *requests;
	size_t requests_len;
	const struct wire_message *events;
	size_t events_len;
};

extern const struct wire_interface wire_interfaces[];
extern const size_t wire_interfaces_len;

/* An index into wire_interfaces; -1 if no XML has it. */
int wire_find_interface(const char *name);
/* An opcode; -1 if it has no such request. */
int wire_find_request(int interface, const char *name);

#endif
