/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_CACHE_H
#define GESSO_PROBE_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a helper answered before, for as long as nothing has changed that could
 * change it: one file per answer in $XDG_RUNTIME_DIR/gesso-probe, readable by its
 * owner alone, with the whole key in it. A file that is not as it was written is
 * passed over. Without XDG_RUNTIME_DIR nothing is kept.
 */

#define PROBE_CACHE_KEY_BYTES 1024

struct gesso_allocator_state;
struct gesso_render_context;

/*
 * Names everything that an answer depends on, a line each: gesso's version, the
 * boot, the helper's file (size and time), renderer, driver and its device, allocator and its
 * device. False if one of them cannot be read, and so nothing may be kept.
 */
bool probe_cache_key(char key[PROBE_CACHE_KEY_BYTES], const char *helper,
	const struct gesso_render_context *context, const struct gesso_allocator_state *state);

/* Fills `text` with the answer that was kept under `key`. False if there is none. */
bool probe_cache_read(const char *key, char *text, size_t size);

/* Keeps an answer, put in place at once and whole. A failure is logged and harms nothing. */
void probe_cache_write(const char *key, const char *text);

#endif
