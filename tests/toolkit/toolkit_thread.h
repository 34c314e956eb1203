/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOOLKIT_THREAD_H
#define TESTS_TOOLKIT_THREAD_H

#include "toolkit.h"

/* The parts of the toolkit: its dispatching, its thread, its windows. */

/* Dispatches what was read for `queue`, or for the default one if NULL. */
int toolkit_dispatch(struct wl_display *display, struct wl_event_queue *queue);
/* Fails the case unless the thread dispatches that queue, or the display's own. */
void toolkit_check_dispatching(const void *owner);

/* A thread that asks for an answer again and again, and dispatches its own queue. */
void toolkit_thread_begin(struct toolkit_thread *thread, struct wl_display *display);
void toolkit_thread_end(struct toolkit_thread *thread);

/* Paints a frame if one is wanted and a buffer is free. */
void toolkit_window_try_paint(struct toolkit_window *window);

#endif
