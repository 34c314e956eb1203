/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VICTIM_WIRE_H
#define TESTS_VICTIM_WIRE_H

#include "client.h"

/* Messages that end too early, written past libwayland. */

#define VICTIM_OUTPUT_WIDTH_PX 160
#define VICTIM_OUTPUT_HEIGHT_PX 120

enum wire_part {
	WIRE_HALF_A_HEADER,
	WIRE_HEADER_ONLY,
	WIRE_DESCRIPTOR_ONLY, /* of a pool: its message is still to come */
	WIRE_DESCRIPTORS_AND_A_HEADER,
	WIRE_PARTS_LEN,
};

const char *wire_part_name(enum wire_part part);

/* Nothing may be sent after it. */
void wire_send_part(struct client *client, enum wire_part part);

#endif
