/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_SPAWN_H
#define GESSO_PROBE_SPAWN_H

#include <sys/resource.h>
#include <sys/types.h>

/*
 * Starts the probe's helper for one allocator, told which renderer on which DRM node it
 * has to prove it with (probe_helper.c tells the arguments), and that it is to refuse
 * any other. It has the standard descriptors only, no signal blocked, and leaves no core
 * dump, whichever of its libraries may crash and when.
 */

struct gesso_render_context;

/*
 * `answer_fd` (borrowed) becomes the helper's standard output. `files` is its RLIMIT_NOFILE,
 * or NULL for the caller's own. Returns 0, and the child in `pid`, for the caller to reap;
 * else an errno value. The caller's limits are lowered meanwhile.
 */
int probe_spawn(const char *helper, const struct gesso_render_context *context,
	const char *allocator, int answer_fd, const struct rlimit *files, pid_t *pid);

#endif
