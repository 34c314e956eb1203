/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOSTILE_FAKE_PARENT_H
#define TESTS_HOSTILE_FAKE_PARENT_H

#include <stdint.h>
#include <sys/types.h>

/*
 * A Wayland compositor, in a process of its own, that gesso is nested in: one that does not
 * do what parents do, or one that shows nothing and notes what it is told.
 */

enum fake_parent_habit {
	FAKE_PARENT_CLOSES_AT_ONCE,  /* the first commit is answered with xdg_toplevel.close */
	FAKE_PARENT_STOPS_ANSWERING, /* from the first commit on */
	FAKE_PARENT_ENDS_WHO_ASKS,   /* of a dma-buf; else it takes what it is given */
	FAKE_PARENT_TAKES_DMABUFS,   /* that too */
};

#define FAKE_PARENT_WIDTH_PX 200
#define FAKE_PARENT_HEIGHT_PX 150

/* Damage as wl_surface.damage_buffer said it: in pixels of the buffer, not cut to it. */
struct fake_parent_damage {
	int64_t left, top, right, bottom; /* round all of it; meaningless if `pixels` is 0 */
	uint64_t pixels;                  /* sum of all rectangles */
};

/* What came of one round, which is whatever the test takes for one. */
struct fake_parent_told {
	uint64_t commits; /* of the window, which are the last of each frame */
	struct fake_parent_damage window, layers;
};

/* Returns once it can be connected to; sets WAYLAND_DISPLAY. */
pid_t fake_parent_start(enum fake_parent_habit habit);
void fake_parent_end(pid_t pid);

/* Whoever connects is ended, so many times from now on. */
void fake_parent_end_next(int times);
/* How many have connected. */
int fake_parent_connections(void);

/* What is told from now on is of a new round. */
void fake_parent_begin_round(void);
/* What it was told in this round by whoever has flushed his requests. */
struct fake_parent_told fake_parent_end_round(void);

#endif
