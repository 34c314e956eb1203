/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SHOWN_H
#define TESTS_SHOWN_H

/*
 * What runs where, as the tests saw it: README's table is made of these lines. They go
 * into a file of their own in the directory that GESSO_SHOWN names, if the case passes.
 * Whatever window.h commits and picture_check() then finds right is noted by itself.
 */

struct buffer;
struct client;

/* The compositor that was started last: "pixman" and so on, and its backend. */
void shown_note_server(const char *renderer, const char *backend);
/* A buffer was committed to a window. */
void shown_note_commit(const struct buffer *buffer);
/* A picture of the screen was as it should be: what was committed is shown. */
void shown_note_checked(void);

/*
 * By hand, for what the above does not see. `path` is native, dmabuf, shm-import,
 * shm-direct or shm-upload, `allocator` where the memory is from ("-" for wl_shm), `backend` one of
 * headless, wayland, x11 and drm, `result` "shown" or the reason why not.
 */
void shown_record(const char *path, const char *allocator, const char *renderer,
	const char *backend, const char *result);
/* The same of what the compositor that was started last has shown. */
void shown_record_here(const char *path, const char *allocator);

/* The reasons of the client's batch, of allocators that are not turned off. */
void shown_record_refusals(const struct client *client);

/* For the runner: writes the lines, at the end of a case that has passed. */
void shown_write(void);

#endif
