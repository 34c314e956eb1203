/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LISTENER_H
#define GESSO_LISTENER_H

#include <wayland-server-core.h>

/* Listeners that live in zeroed structs: detaching one that was never attached does nothing. */

static inline void listener_attach(
	struct wl_listener *listener, struct wl_signal *signal, wl_notify_func_t notify)
{
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

static inline void listener_detach(struct wl_listener *listener)
{
	if (listener->notify != NULL) {
		wl_list_remove(&listener->link);
		listener->notify = NULL;
	}
}

#endif
