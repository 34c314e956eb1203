/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PARENT_H
#define GESSO_PARENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The compositor that gesso is nested in, while gesso starts and its event loop does
 * not run yet. wlroots and wl_display_roundtrip() would wait without an end for a
 * parent that does not answer.
 */

struct wl_display;

/* For a deadline so many milliseconds from now. */
int64_t parent_deadline_ms(int64_t from_now_ms);

/*
 * Sends what is due and handles events of the default queue until the parent has
 * answered all that was sent. False if it has not by `deadline_ms`, or is gone.
 */
bool parent_roundtrip(struct wl_display *parent, int64_t deadline_ms);

#endif
