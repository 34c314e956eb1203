/* SPDX-License-Identifier: MIT */
#include "buffers/shm_policy.h"
#include "memory/each_frame.h"

/* A buffer that is new counts double: three in a row switch over, six that are not switch back. */
#define NEW_SCORE 2
#define NEW_SCORE_MAX 6
/* Of a client that was found to have one buffer, before it is believed to have more. */
#define ALTERNATIONS_OF_SINGLE 4
#define OVERWRITES_MAX 3
#define TRIALS_MAX 8
/* One may be chance. */
#define WAITS_MAX 2
/* An answer to a release that comes later is not taken for one. */
#define ANSWER_MS 50
/* A pause, not the client's pace. */
#define IDLE_MS 1000
#define HOLD_LEAST_MS 100
#define HOLD_MOST_MS 500
/* A trial is not worth it below. */
#define MUCH_DAMAGE_PERCENT 50

static void note_time(struct shm_policy *policy, const struct shm_commit *commit)
{
	int64_t since_ms = commit->now_ms - policy->last_ms;
	if (policy->commits == 1) {
		policy->interval_ms = since_ms < IDLE_MS ? since_ms : IDLE_MS;
	} else if (policy->commits > 1 && since_ms < IDLE_MS) {
		policy->interval_ms = (policy->interval_ms * 3 + since_ms) / 4;
	}
	policy->last_ms = commit->now_ms;
}

static void note_damage(struct shm_policy *policy, const struct shm_commit *commit)
{
	/* a new buffer is damaged whole, whatever its client repaints from then on */
	if (!commit->first) {
		policy->damage_percent = policy->repaints == 0
			? commit->damage_percent
			: (policy->damage_percent * 3 + commit->damage_percent) / 4;
		policy->repaints++;
	}
	policy->commits++;
}

static void note_new(struct shm_policy *policy, const struct shm_commit *commit)
{
	if (!commit->first) {
		policy->new_score -= policy->new_score > 0;
	} else if (policy->new_score + NEW_SCORE < NEW_SCORE_MAX) {
		policy->new_score += NEW_SCORE;
	} else {
		policy->new_score = NEW_SCORE_MAX;
	}
	if (policy->new_score == 0 || policy->new_score == NEW_SCORE_MAX) {
		policy->new_buffers = policy->new_score > 0;
	}
}

static void end_trial(struct shm_policy *policy, const struct shm_commit *commit)
{
	bool waited = policy->tried_until_ms > 0 && commit->again &&
		commit->now_ms - policy->tried_until_ms <= ANSWER_MS;
	policy->waits += waited;
	if (policy->waits >= WAITS_MAX || (policy->trying && commit->again)) {
		policy->kind = SHM_CLIENT_SINGLE;
	} else if (policy->trying && !commit->replaced) {
		policy->kind = SHM_CLIENT_MULTIPLE;
	}
	policy->trying = false;
	policy->tried_until_ms = 0;
}

static void note_use(struct shm_policy *policy, const struct shm_commit *commit)
{
	if (commit->again) {
		policy->alternations = 0;
	} else if (!commit->first) {
		policy->alternations++;
	}
	if (policy->alternations >=
		(policy->kind == SHM_CLIENT_SINGLE ? ALTERNATIONS_OF_SINGLE : 1)) {
		policy->kind = SHM_CLIENT_MULTIPLE;
	}
	if (!commit->again) {
		policy->overwrites = 0;
	} else if (commit->held && commit->damage_percent > 0 &&
		++policy->overwrites >= OVERWRITES_MAX) {
		policy->kind = SHM_CLIENT_SINGLE;
		policy->overwrites = 0;
	}
}

static enum shm_decision decide_unknown(
	struct shm_policy *policy, const struct shm_commit *commit, struct gesso_reason *why)
{
	if (commit->first) {
		gesso_reason_set(why, GESSO_REASON_WATCHING, "a client that is still watched");
		return SHM_DECISION_UPLOAD;
	}
	gesso_reason_set(why, GESSO_REASON_SINGLE_BUFFERED, "single-buffered client");
	if (policy->damage_percent < MUCH_DAMAGE_PERCENT) {
		return SHM_DECISION_UPLOAD;
	}
	if (policy->trials++ >= TRIALS_MAX) {
		policy->kind = SHM_CLIENT_SINGLE;
		return SHM_DECISION_UPLOAD;
	}
	policy->trying = true;
	return SHM_DECISION_UPLOAD_AND_HOLD;
}

EACH_FRAME enum shm_decision shm_policy_decide(
	struct shm_policy *policy, const struct shm_commit *commit, struct gesso_reason *why)
{
	note_time(policy, commit);
	note_damage(policy, commit);
	note_new(policy, commit);
	end_trial(policy, commit);
	note_use(policy, commit);
	if (commit->size_bytes < SHM_POLICY_SMALL_BYTES) {
		gesso_reason_set(why, GESSO_REASON_SMALL, "small: %zu KiB is under %d KiB",
			commit->size_bytes / 1024, SHM_POLICY_SMALL_BYTES / 1024);
		return SHM_DECISION_UPLOAD;
	}
	if (policy->new_buffers) {
		gesso_reason_set(why, GESSO_REASON_NEW_BUFFERS, "new buffer every frame");
		return SHM_DECISION_UPLOAD;
	}
	switch (policy->kind) {
	case SHM_CLIENT_MULTIPLE:
		return SHM_DECISION_IMPORT;
	case SHM_CLIENT_SINGLE:
		gesso_reason_set(why, GESSO_REASON_SINGLE_BUFFERED, "single-buffered client");
		return SHM_DECISION_UPLOAD;
	case SHM_CLIENT_UNKNOWN:
		break;
	}
	return decide_unknown(policy, commit, why);
}

void shm_policy_refused(struct shm_policy *policy)
{
	if (policy->trials < TRIALS_MAX) {
		policy->trials++;
		policy->kind = SHM_CLIENT_UNKNOWN;
	} else {
		policy->kind = SHM_CLIENT_SINGLE;
	}
	policy->alternations = 0;
}

int shm_policy_hold_ms(const struct shm_policy *policy)
{
	int64_t hold_ms = policy->interval_ms * 3;
	hold_ms = hold_ms < HOLD_LEAST_MS ? HOLD_LEAST_MS : hold_ms;
	return (int)(hold_ms > HOLD_MOST_MS ? HOLD_MOST_MS : hold_ms);
}

void shm_policy_hold_ran_out(struct shm_policy *policy, int64_t now_ms)
{
	policy->trying = false;
	policy->tried_until_ms = now_ms;
}
