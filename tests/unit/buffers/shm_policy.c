/* SPDX-License-Identifier: MIT */
#include "buffers/shm_policy.h"
#include "case.h"
#include <string.h>

/*
 * A client's commits as a string: a…d are its buffers, each new when it is first seen;
 * capitals have little damage. Time passes in between: 16 ms, or what `gap_ms` says.
 */
struct script {
	struct shm_policy policy;
	char last;
	bool seen[4], held[4];
	int64_t now_ms;
	int gap_ms;
	enum shm_decision decision;
	struct gesso_reason why;
};

static void commit(struct script *script, char name)
{
	int index = (name | 0x20) - 'a';
	script->why = (struct gesso_reason){0};
	script->now_ms += script->gap_ms;
	const struct shm_commit facts = {
		.size_bytes = 1 << 20,
		.damage_percent = name >= 'a' ? 100 : 2,
		.first = !script->seen[index],
		.again = script->seen[index] && script->last == (name | 0x20),
		.held = script->held[index],
		.now_ms = script->now_ms,
	};
	script->decision = shm_policy_decide(&script->policy, &facts, &script->why);
	memset(script->held, 0, sizeof(script->held));
	script->held[index] = script->decision == SHM_DECISION_IMPORT;
	script->seen[index] = true;
	script->last = (char)(name | 0x20);
}

static void play(struct script *script, const char *commits)
{
	script->gap_ms = script->gap_ms != 0 ? script->gap_ms : 16;
	for (; *commits != '\0'; commits++) {
		commit(script, *commits);
	}
}

static void check(const struct script *script, enum shm_decision decision, int reason)
{
	CHECK_EQUAL(script->decision, decision);
	CHECK_EQUAL(script->why.code, reason);
	CHECK_EQUAL(script->why.words[0] != '\0', reason != GESSO_REASON_NONE);
}

CASE(buffers_in_turn_are_imported)
{
	struct script script = {0};
	play(&script, "ab");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_WATCHING);
	play(&script, "a");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
	play(&script, "babc");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
}

CASE(the_same_buffer_is_tried)
{
	struct script script = {0};
	play(&script, "aa");
	check(&script, SHM_DECISION_UPLOAD_AND_HOLD, GESSO_REASON_SINGLE_BUFFERED);
	play(&script, "b");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
}

CASE(a_buffer_painted_while_it_is_held_is_the_only_one)
{
	struct script script = {0};
	play(&script, "aa");
	play(&script, "a");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
	play(&script, "aaaaaaaa");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
}

CASE(a_client_that_waits_has_only_one)
{
	struct script script = {0};
	play(&script, "a");
	for (int trial = 0; trial < 2; trial++) {
		play(&script, "a");
		check(&script, SHM_DECISION_UPLOAD_AND_HOLD, GESSO_REASON_SINGLE_BUFFERED);
		script.now_ms += shm_policy_hold_ms(&script.policy);
		shm_policy_hold_ran_out(&script.policy, script.now_ms);
	}
	play(&script, "a");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
	play(&script, "aaaa");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
}

/* Nothing follows from a pause, so it is tried again, but not for ever. */
CASE(a_slow_client_is_given_time)
{
	struct script script = {.gap_ms = 200};
	CHECK_EQUAL(shm_policy_hold_ms(&script.policy), 100);
	play(&script, "aaaaaaaaaaaaaaa");
	CHECK_EQUAL(shm_policy_hold_ms(&script.policy), 500);
}

CASE(an_idle_client_is_tried_again)
{
	struct script script = {.gap_ms = 1000};
	play(&script, "a");
	int trials = 0;
	for (int i = 0; i < 100; i++) {
		play(&script, "a");
		if (script.decision == SHM_DECISION_UPLOAD_AND_HOLD) {
			trials++;
			shm_policy_hold_ran_out(&script.policy, script.now_ms + 100);
		}
	}
	CHECK_INT(>, trials, 1);
	CHECK_INT(<, trials, 20);
}

CASE(little_damage_is_not_tried)
{
	struct script script = {0};
	play(&script, "aAAAAA");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
	CHECK_EQUAL(script.policy.trials, 0);
	play(&script, "aaaaaa");
	CHECK_EQUAL(script.policy.trials, 1);
}

CASE(a_single_buffer_must_alternate_for_a_while)
{
	struct script script = {0};
	play(&script, "aaab");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
	play(&script, "aba");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
	play(&script, "b");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
}

CASE(overwriting_ends_an_import)
{
	struct script script = {0};
	play(&script, "abab");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
	play(&script, "bb");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
	play(&script, "b");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_SINGLE_BUFFERED);
}

CASE(new_buffers_are_uploaded_until_they_are_used_again)
{
	struct script script = {0};
	play(&script, "abab");
	for (int i = 0; i < 4; i++) {
		script.seen[i] = false;
	}
	play(&script, "a");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
	play(&script, "bcd");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_NEW_BUFFERS);
	play(&script, "abcda");
	check(&script, SHM_DECISION_UPLOAD, GESSO_REASON_NEW_BUFFERS);
	play(&script, "b");
	check(&script, SHM_DECISION_IMPORT, GESSO_REASON_NONE);
}

CASE(small_ones_are_uploaded)
{
	struct shm_policy policy = {0};
	struct gesso_reason why = {0};
	struct shm_commit facts = {.size_bytes = SHM_POLICY_SMALL_BYTES - 1, .first = true};
	CHECK_EQUAL(shm_policy_decide(&policy, &facts, &why), SHM_DECISION_UPLOAD);
	CHECK_EQUAL(why.code, GESSO_REASON_SMALL);
}

CASE(refusals_do_not_change_over_for_ever)
{
	struct script script = {0};
	for (int i = 0; i < 40; i++) {
		play(&script, "abab");
		if (script.decision == SHM_DECISION_IMPORT) {
			shm_policy_refused(&script.policy);
		}
	}
	CHECK_EQUAL(script.policy.kind == SHM_CLIENT_UNKNOWN, false);
}
