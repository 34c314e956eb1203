/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SHM_POLICY_H
#define GESSO_SHM_POLICY_H

#include "allocators/reason.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a surface's next wl_shm buffer is imported or uploaded, from what its client
 * has done so far. Knows no wlroots: shm_import.c tells it of each commit.
 *
 * An import holds the buffer until another one is shown. That costs nothing with a
 * client that alternates between buffers. One that paints into the same buffer each
 * time, because an upload gives it back at once, either takes a second buffer when the
 * first is held (most toolkits), or stands still. Which it is, is tried: the buffer
 * is uploaded and *held* all the same, for HOLD_MS at most.
 *
 *   UNKNOWN ── alternates, or takes another buffer while one is held ──▶ MULTIPLE
 *      └────── waits for the held one, or paints into it ──▶ SINGLE
 *
 * A client that repaints little is not tried: an upload costs it little, and with a
 * second buffer it would have to copy from the first. One that makes a buffer for
 * each frame is uploaded, since an import pays from the second use. Both change over
 * with hysteresis.
 */

/*
 * Below this an upload costs less than what an import asks per frame, and than its
 * descriptor and mapping. Measured by tests/bench_shm.sh on llvmpipe: see there.
 */
#define SHM_POLICY_SMALL_BYTES (64 * 1024)
#define SHM_POLICY_HOLD_MS 100

enum shm_client_kind {
	SHM_CLIENT_UNKNOWN = 0,
	SHM_CLIENT_SINGLE,
	SHM_CLIENT_MULTIPLE,
};

/* Begins zeroed, one for each surface. */
struct shm_policy {
	/* private */
	enum shm_client_kind kind;
	bool new_buffers;
	unsigned int new_score;
	unsigned int alternations; /* in a row */
	unsigned int overwrites;   /* in a row */
	unsigned int trials;
	bool trying;
	int64_t tried_until_ms; /* when a trial ran out; 0 if that is no matter */
	unsigned int damage_percent;
	uint64_t commits;
};

struct shm_commit {
	size_t size_bytes;
	unsigned int damage_percent; /* of the buffer */
	bool first;                  /* the first commit of this wl_buffer anywhere */
	bool again;                  /* the surface's last commit brought the same */
	bool held;                   /* it is imported, and was not given back since */
	int64_t now_ms;              /* of a monotonic clock */
};

enum shm_decision {
	SHM_DECISION_UPLOAD,
	SHM_DECISION_UPLOAD_AND_HOLD,
	SHM_DECISION_IMPORT,
};

/* `why` is set where it is uploaded. */
enum shm_decision shm_policy_decide(
	struct shm_policy *policy, const struct shm_commit *commit, struct gesso_reason *why);

/* HOLD_MS went by after UPLOAD_AND_HOLD, with no commit: the buffer was given back. */
void shm_policy_hold_ran_out(struct shm_policy *policy, int64_t now_ms);

#endif
