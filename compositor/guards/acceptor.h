/* SPDX-License-Identifier: MIT */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * Accepts connections from a listening socket, one in a turn of the event loop. Where
 * none can be accepted, as the table of descriptors is full, it looks away for
 * ACCEPTOR_PAUSE_MS: those who connect wait in the socket's backlog and are served when
 * there is room. libwayland's own would be woken again at once, for as long as it is full.
 */

#define ACCEPTOR_PAUSE_MS 200

struct acceptor {
	int fd; /* borrowed, and made non-blocking */
	/* Takes the descriptor. False if it could not be served: as if it was not accepted. */
	bool (*take)(struct acceptor *acceptor, int fd);
	/* The socket has an error, or was hung up. It may finish the acceptor. */
	void (*broken)(struct acceptor *acceptor);
	/* private */
	struct wl_event_source *source, *later;
	bool pauses;
};

/* False, and finished, on no memory or no descriptor. */
bool acceptor_init(struct acceptor *acceptor, struct wl_event_loop *loop, int fd,
	bool (*take)(struct acceptor *acceptor, int fd), void (*broken)(struct acceptor *acceptor));
/* May be called twice, and on one that is all zero. */
void acceptor_finish(struct acceptor *acceptor);

#endif
