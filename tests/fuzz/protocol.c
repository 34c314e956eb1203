/* SPDX-License-Identifier: MIT */
#include "protocol.h"
#include <string.h>

int wire_find_interface(const char *name)
{
	for (size_t i = 0; i < wire_interfaces_len; i++) {
		if (strcmp(wire_interfaces[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int wire_find_request(int interface, const char *name)
{
	const struct wire_interface *found = &wire_interfaces[interface];
	for (size_t i = 0; i < found->requests_len; i++) {
		if (strcmp(found->requests[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}
