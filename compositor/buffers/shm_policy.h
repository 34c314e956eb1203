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
 * is uploaded and *held* all the same, for some frames of the client's own at most.
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
 * On llvmpipe a commit takes the compositor 25 us of CPU when it is imported, at any
 * size, and 28 us up to 64 KiB, 30 at 144 KiB, 45 at 576 KiB, 63 at 1 MiB when it is
 * uploaded: below this the difference does not pay for a descriptor and a mapping. A new
 * 1280x720 buffer for every frame takes 14.4 ms with imports and 13.3 with uploads.
 * `meson test --benchmark shm_small shm_new_buffers` (tests/bench/shm.c), 23 November
 * 2026, two busy cores.
 */
#define SHM_POLICY_SMALL_BYTES (64 * 1024)

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
	unsigned int trials, waits;
	bool trying;
	int64_t tried_until_ms;       /* when a trial ran out; 0 if that is no matter */
	int64_t last_ms, interval_ms; /* of commits: the last, and what lies between them */
	unsigned int damage_percent;  /* of repaints, which are commits of a buffer seen before */
	uint64_t commits, repaints;
};

struct shm_commit {
	size_t size_bytes;
	unsigned int damage_percent; /* of the buffer */
	bool first;                  /* the first commit of this wl_buffer anywhere */
	bool again;                  /* the surface's last commit brought the same */
	bool held;                   /* it is imported, and was not given back since */
	bool replaced;               /* the one that a trial holds was destroyed meanwhile */
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

/*
 * A buffer that was to be imported could not be, nor will it ever: what is known of the
 * client counts no more, so that buffers of both kinds in turn don't change over for ever.
 */
void shm_policy_refused(struct shm_policy *policy);

/* How long to hold after UPLOAD_AND_HOLD, from when the client may paint its next frame. */
int shm_policy_hold_ms(const struct shm_policy *policy);

/* That went by with no commit: the buffer was given back. */
void shm_policy_hold_ran_out(struct shm_policy *policy, int64_t now_ms);

#endif
