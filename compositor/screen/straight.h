/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_H
#define GESSO_STRAIGHT_H

#include <stdbool.h>

/*
 * Straight through: where one window covers a nested output, its client's own buffer is
 * handed on to the parent, and nothing is composed. wlr_scene does this by itself on
 * other backends; nested, it must not: it would hand a buffer that the parent may answer
 * with a fatal error, and it sees no more of a wl_shm buffer than its texture.
 *
 *   client ─ wl_buffer ─▶ Gesso ─ wl_buffer over the same memory ─▶ parent
 *
 * A dma-buf goes on when the parent has said that it takes it (parent_ask.h), shared
 * memory when it is a memfd that is sealed for good against shrinking and without a seal
 * against writing, since the parent would hold it against gesso if it could not map a
 * pool, or not read it. How many buffers the parent holds for a client is bounded. Only memory that is sampled in place is there to be handed on: what
 * was uploaded is the client's again. The client gets it back when the parent is done.
 */

struct output;
struct wlr_output_state;

/*
 * Puts the client's buffer and the damage into `state`, which is empty, if the output can
 * be shown so now; false, with `state` empty again, if it has to be composed. A change from
 * the one to the other is logged with its reason.
 */
bool straight_build_state(struct output *output, struct wlr_output_state *state);

/* Call after the commit of a state that was built so. */
void straight_committed(struct output *output);

#endif
