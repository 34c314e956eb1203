/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOSTILE_FAKE_PARENT_GLOBALS_H
#define TESTS_HOSTILE_FAKE_PARENT_GLOBALS_H

#include "fake_parent.h"

/*
 * What a fake parent has on offer, in its own process: it shows nothing, notes the commits and
 * damage that come, and has the habit that it was given.
 */

#define FAKE_PARENT_ROUNDS 64

struct wl_display;

/* Shared by the test's process with the parent's. */
struct fake_parent_notes {
	volatile int ends_next, connections;
	volatile unsigned round;
	struct fake_parent_told told[FAKE_PARENT_ROUNDS]; /* of the last rounds */
};

/* `notes` must live as long as the display. */
void fake_parent_globals_create(
	struct wl_display *display, enum fake_parent_habit habit, struct fake_parent_notes *notes);

#endif
