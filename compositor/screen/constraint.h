/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CONSTRAINT_H
#define GESSO_CONSTRAINT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * What games and 3D programs ask of the pointer: to be locked in its place or confined
 * to a region of their window (pointer-constraints-unstable-v1), and to be told of
 * motion that the picture does not follow (relative-pointer-unstable-v1). Fed by
 * cursor.c with each motion, and by the seat's focus.
 *
 * A constraint is active while its surface has the pointer and its window the keyboard,
 * so that Alt+Tab always frees the pointer. It becomes so only where the pointer is
 * within its region. A confined pointer that is outside after a commit is let go.
 */

struct seat;
struct wlr_pointer_constraint_v1;
struct wlr_pointer_constraints_v1;
struct wlr_relative_pointer_manager_v1;

struct constraint {
	struct seat *seat;
	struct wlr_pointer_constraints_v1 *manager;
	struct wlr_relative_pointer_manager_v1 *relative;
	struct wlr_pointer_constraint_v1 *active; /* NULL if the pointer is free */

	/* private */
	struct wl_listener new_constraint, active_destroy, pointer_focus, keyboard_focus;
};

/* Makes both globals. False on no memory. */
bool constraint_init(struct constraint *constraint, struct seat *seat);
/* Takes a zeroed struct too. */
void constraint_finish(struct constraint *constraint);

/* A motion of a device, in pixels of the layout. */
struct constraint_motion {
	uint32_t time_ms;
	bool absolute; /* the device says where it is: the client is told why it is not there */
	double dx, dy; /* how far the pointer would go */
	double told_dx, told_dy, unaccel_dx, unaccel_dy;
};

/*
 * Tells the client of the motion, and leaves in `dx` and `dy` what of it the pointer may
 * follow.
 */
void constraint_move(struct constraint *constraint, struct constraint_motion *motion);

/* Whether no motion may be told but relative motion. */
bool constraint_is_lock(const struct constraint *constraint);

/* The focus, the pointer's place or what lies under it changed. */
void constraint_update(struct constraint *constraint);

#endif
