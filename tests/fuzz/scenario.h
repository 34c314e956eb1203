/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_SCENARIO_H
#define TESTS_FUZZ_SCENARIO_H

#include "message.h"

/* Sequences of requests from scenarios.txt, played step by step. */

#define SCENARIO_MAX 64

/* Fails the case if one is written wrong. */
void scenarios_load(const char *path);

struct scenario_player {
	int scenario; /* -1 if none is played */
	size_t step;
	uint32_t repeats_left;
	bool deaf; /* has asked not to be read from */
};

void scenario_begin(struct scenario_player *player, struct message_context *context);
/* For scenarios by name; fails the case if there is none. */
void scenario_begin_named(struct scenario_player *player, const char *name);

enum scenario_wish {
	SCENARIO_GOES_ON,
	SCENARIO_WAITS, /* until all is answered */
	SCENARIO_ENDED,
};

/* The next step, spoilt now and then if `exact` is false. */
enum scenario_wish scenario_play(
	struct scenario_player *player, struct message_context *context, bool exact);

#endif
