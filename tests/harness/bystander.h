/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BYSTANDER_H
#define TESTS_BYSTANDER_H

#include "window.h"

/*
 * A client that means well, with a window that it paints for as long as the others are at
 * it: each frame that is shown asks for the next.
 */

struct bystander {
	struct client client;
	struct window window;
	struct buffer buffer;
	struct wl_callback *callback; /* of the frame that is not shown yet */
	uint64_t frames;
};

void bystander_begin(struct bystander *bystander, const struct server *server);
void bystander_end(struct bystander *bystander);
/* Answers what has come, without waiting. */
void bystander_serve(struct bystander *bystander);
/* Waits until what it asks is answered. Fails the case if that takes too long. */
void bystander_check_answered(struct bystander *bystander);
/* The same, until two more frames are shown: nothing may hide its window for ever. */
void bystander_check_shown(struct bystander *bystander);
/* Whether they are within that time. */
bool bystander_wait_shown(struct bystander *bystander, int seconds);

#endif
