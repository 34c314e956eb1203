/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_SOCKET_H
#define DISPLAY_SOCKET_H

struct display_socket;
struct wl_display;

/*
 * Listens for the display's clients in XDG_RUNTIME_DIR, as wl_display_add_socket does: with
 * a lock file beside the socket, both removed with the display; but see guards/acceptor.h.
 * `name` is the socket's, or a path; NULL: the first free of wayland-0 to wayland-32. NULL,
 * with errno, on failure.
 */
struct display_socket *display_socket_create(struct wl_display *display, const char *name);

/* For WAYLAND_DISPLAY. Valid until the display is destroyed. */
const char *display_socket_name(const struct display_socket *socket);

#endif
