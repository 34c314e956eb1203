/* SPDX-License-Identifier: MIT */
#ifndef GESSO_UNCONFIGURED_H
#define GESSO_UNCONFIGURED_H

#include <stdbool.h>

/*
 * Buffers on surfaces that are about to become windows. xdg-shell has it an error to make an
 * xdg_surface of a surface that has a buffer, attached or committed, and to attach one before
 * the first configure event. wlroots 0.18 looks at committed buffers only, and numbers the
 * first of these errors as if it were one of another interface. Here each such request is
 * seen before wlroots sees it, and answered by xdg_wm_base's `invalid_surface_state` or
 * xdg_surface's `unconfigured_buffer`.
 */

struct wl_display;

/* Watches all clients until the display goes. False if there is no memory. */
bool unconfigured_watch(struct wl_display *display);

#endif
