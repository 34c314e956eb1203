/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PARENT_ASK_H
#define GESSO_PARENT_ASK_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * Whether the parent takes a client's dma-buf. A parent refuses one by a protocol
 * error, which would end gesso: so it is asked on a connection of its own, which it may
 * end as it likes, and each buffer is asked about before it is handed on.
 *
 *   create ─▶ failed ─────────────────────────────────▶ refused
 *          └▶ created ─▶ attach, commit, sync ─▶ done ─▶ taken
 *   connection ended ─────────────────────────────────▶ refused; a new one in a second
 *
 * One buffer is asked about at a time, and the next one once that is answered, though it be
 * destroyed meanwhile: so an ended connection tells which one it was. A parent that ends
 * connections before anything is asked is left alone. One whose main device is a vgem node is
 * not asked: Mesa's kms_swrast imports what it then cannot draw, and crashes.
 */

struct parent_ask;
struct wlr_buffer;

enum parent_answer {
	PARENT_HAS_NOT_ANSWERED,
	PARENT_TAKES,
	PARENT_REFUSES,
};

/*
 * `main_fd` is the socket of the connection that gesso is shown through: it tells whether
 * a second one leads to the same parent. Borrowed, until parent_ask_destroy. `handle_taken` is
 * called from the loop when a buffer is taken, which a window that paints once would show too
 * late otherwise. NULL on no memory.
 */
struct parent_ask *parent_ask_create(
	struct wl_event_loop *loop, int main_fd, void (*handle_taken)(void *data), void *data);
/* Takes NULL. */
void parent_ask_destroy(struct parent_ask *ask);

/*
 * The answer for `buffer`, which has a dma-buf. The first call asks and does not wait:
 * ask again with the next frame, or in `handle_taken`. Where it is PARENT_REFUSES, `*why` tells, for as long as
 * the buffer lives. The answer is kept with the buffer.
 */
enum parent_answer parent_ask_about(
	struct parent_ask *ask, struct wlr_buffer *buffer, const char **why);

#endif
