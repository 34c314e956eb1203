/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OUTPUT_SETUP_H
#define GESSO_OUTPUT_SETUP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How an output is turned on and off, and put into the layout. Fed by output.c as
 * screens come, and by output_manager.c as a client asks; feeds the layout, whose
 * changes desktop.c follows.
 *
 *   announce ─▶ wait ─▶ first, or change     a window of a Wayland parent
 *                       first, or change     every other output
 */

struct desktop;
struct output;
struct wlr_output_head_v1_state;

/* Before anything is committed: what its renderer and its backend can do together. */
void output_setup_prepare(struct output *output);

/*
 * Shows a Wayland parent that there will be a window, without a buffer, so that it
 * can say how large. `pending` and not `answered` from then on.
 */
void output_setup_announce(struct output *output);

/*
 * Waits until the parent has answered for all that were announced, `timeout_ms` at
 * most: `answered` says for which it has. Outputs may be destroyed meanwhile.
 */
void output_setup_wait(struct desktop *desktop, int timeout_ms);

/* Turns a new output on in the mode that suits it, beside the others. False if it refuses. */
bool output_setup_first(struct output *output);

/*
 * Makes the output as `wanted`: on or off, its mode, scale, transform and place. One
 * that is turned on where another lies is placed beside the others, and so is one that
 * was so placed and stays there. False if it refuses; part of it may be done then.
 */
bool output_setup_change(struct output *output, const struct wlr_output_head_v1_state *wanted);

/* Takes it out of the layout. Does nothing if it is not there. */
void output_setup_hide(struct output *output);

#endif
