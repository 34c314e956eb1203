/* SPDX-License-Identifier: MIT */
#ifndef GESSO_BACKEND_H
#define GESSO_BACKEND_H

/*
 * Which display gesso is shown on: headless, in a window of a Wayland or an X11
 * session, or bare. wlroots chooses by its environment variables, so the options
 * become variables while it does, and the environment is then as it was.
 */

struct options;
struct wl_event_loop;
struct wlr_backend;
struct wlr_session;

/*
 * NULL on failure, logged with what can be done about it. `session` is set on a
 * bare display and NULL on all others; it is the event loop's.
 */
struct wlr_backend *backend_create(
	struct wl_event_loop *loop, const struct options *options, struct wlr_session **session);

#endif
