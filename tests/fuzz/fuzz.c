/* SPDX-License-Identifier: MIT */
/*
 * What clients may send, and what they may not, by the hundred thousand: seed=N says what,
 * and the same again each time. On failure the last messages are printed, each as
 * CONNECTION.MESSAGE; first=CONNECTION begins there, round=N checks after each N connections
 * that nothing is left of them, and trace=1 prints all.
 *
 * GESSO_FUZZ_MESSAGES is how many are sent for each seed.
 */
#include "bystander.h"
#include "case.h"
#include "habits.h"
#include "proc.h"
#include "scenario.h"
#include "trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEERS_AT_ONCE 3
#define PEERS_PER_ROUND 60
#define MESSAGES_AT_ONCE 32
#define MESSAGES_PER_MARK 4
#define MESSAGES_PER_PEER 2000
#define ANSWER_SECONDS 30

struct slot {
	struct peer peer;
	struct message_context context;
	struct scenario_player player;
	size_t most; /* messages */
	uint64_t tries;
};

static struct {
	struct server server;
	struct bystander bystander;
	struct slot slots[PEERS_AT_ONCE];
	uint64_t seed, messages;
	uint32_t peers, peers_per_round;
	int descriptors;
	struct random turns;
} fuzz;

static uint64_t number_fixture(const char *key, uint64_t otherwise)
{
	const char *value = case_try_fixture(key);
	return value != NULL ? strtoull(value, NULL, 0) : otherwise;
}

static uint64_t messages_wanted(void)
{
	const char *value = getenv("GESSO_FUZZ_MESSAGES");
	uint64_t otherwise = 20000;
#ifdef __SANITIZE_ADDRESS__
	otherwise = 125000;
#endif
	return number_fixture("messages", value != NULL ? strtoull(value, NULL, 0) : otherwise);
}

/* FAIL ends the process at once, so that what was sent is said here. */
static void say_where(void)
{
	fprintf(stderr, "seed %" PRIu64 ", after %" PRIu64 " messages; the last ones:\n", fuzz.seed,
		fuzz.messages);
	trace_print();
}

static void bind_globals(struct slot *slot)
{
	struct peer *peer = &slot->peer;
	struct random *random = &slot->context.random;
	for (size_t i = 0; i < peer->globals_len; i++) {
		const struct peer_global *global = &peer->globals[i];
		const char *name = wire_interfaces[global->interface].name;
		uint32_t version = global->version;
		if (random_once_in(random, 16)) {
			continue;
		}
		if (random_once_in(random, 4)) {
			version = 1 + random_below(random, version);
		}
		uint32_t id = peer_add(peer, global->interface, version);
		wire_begin(&peer->wire, PEER_REGISTRY_ID, 0);
		wire_put(&peer->wire, global->name);
		wire_put_bytes(&peer->wire, (uint32_t)strlen(name) + 1, name, strlen(name) + 1);
		wire_put(&peer->wire, version);
		wire_put(&peer->wire, id);
		wire_end(&peer->wire, 0);
		trace_begin(slot->context.number, peer->sent++, "wl_registry", 2, "bind");
		trace_add(" %s %u new %u", name, version, id);
	}
}

static void begin_peer(struct slot *slot)
{
	static const uint32_t wrong_once_in[] = {300, 3000, 30000, 300000};
	struct message_context *context = &slot->context;
	*context = (struct message_context){
		.peer = &slot->peer,
		.number = fuzz.peers++,
		.last_fd = -1,
	};
	context->random = random_seed(fuzz.seed, context->number, 0);
	context->wrong_once_in = wrong_once_in[random_below(&context->random, 4)];
	slot->player = (struct scenario_player){.scenario = -1};
	slot->tries = 0;
	slot->most = 20 + random_below(&context->random, MESSAGES_PER_PEER);
	peer_connect(&slot->peer, fuzz.server.socket);
	slot->peer.reuses_ids = random_once_in(&context->random, 3);
	bind_globals(slot);
	peer_sync(&slot->peer);
}

static void end_peer(struct slot *slot)
{
	if (slot->peer.error[0] != '\0' && case_try_fixture("errors") != NULL) {
		printf("%u.%zu %s\n", slot->context.number, slot->peer.sent, slot->peer.error);
	}
	peer_close(&slot->peer);
	if (slot->context.last_fd >= 0) {
		close(slot->context.last_fd);
	}
	slot->context.last_fd = -1;
}

/* A step of its scenario, or anything. True if what was sent wants to be answered first. */
static bool say_something(struct slot *slot)
{
	struct message_context *context = &slot->context;
	struct random *random = &context->random;
	if (slot->player.scenario < 0 && random_once_in(random, 8)) {
		scenario_begin(&slot->player, context);
	}
	if (slot->player.scenario < 0 || random_once_in(random, 6)) {
		message_send_any(context);
		return false;
	}
	return scenario_play(&slot->player, context, false) == SCENARIO_WAITS;
}

/* False if the connection is to be given up. */
static bool take_turn(struct slot *slot)
{
	struct peer *peer = &slot->peer;
	size_t before = peer->confirmed;
	for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
		/* of its own, so that what came late changes one message only */
		slot->context.random =
			random_seed(fuzz.seed, slot->context.number + 1, ++slot->tries);
		if (say_something(slot)) {
			break;
		}
		if (i % MESSAGES_PER_MARK == MESSAGES_PER_MARK - 1 && !slot->player.deaf) {
			peer_mark(peer);
		}
	}
	bool silent = slot->player.deaf || peer->torn;
	bool answered = silent ? wire_flush(&peer->wire) : peer_sync(peer);
	fuzz.messages += peer->confirmed - before;
	return answered && !peer->torn && slot->tries < slot->most;
}

static int count_descriptors(void)
{
	pid_t pid = fuzz.server.pid;
	return proc_count_descriptors(pid) - proc_count_outputs_buffers(pid);
}

/* Outputs and the bystander's window as they were: a client with that right may hide them. */
static void restore_outputs(void)
{
	struct slot *slot = &fuzz.slots[0];
	begin_peer(slot);
	slot->context.wrong_once_in = UINT32_MAX;
	scenario_begin_named(&slot->player, "outputs-restored");
	enum scenario_wish wish;
	do {
		wish = scenario_play(&slot->player, &slot->context, true);
		peer_sync(&slot->peer);
	} while (wish != SCENARIO_ENDED);
	if (slot->peer.error[0] != '\0') {
		FAIL("the outputs were not restored: %s", slot->peer.error);
	}
	end_peer(slot);
}

static void check_descriptors(void)
{
	int now = count_descriptors();
	for (int tries = 0; tries < 100 * case_seconds(ANSWER_SECONDS); tries++) {
		if (now <= fuzz.descriptors) {
			return;
		}
		bystander_serve(&fuzz.bystander);
		usleep(10000);
		now = count_descriptors();
	}
	proc_print_descriptors(fuzz.server.pid, stderr);
	FAIL("the compositor had %d descriptors and now has %d", fuzz.descriptors, now);
}

/* Some connections at once, and some after another; then all is as it was. */
static void run_round(uint64_t wanted)
{
	uint32_t begun = 0, running = 0;
	bool runs[PEERS_AT_ONCE] = {false};
	do {
		size_t i = random_below(&fuzz.turns, PEERS_AT_ONCE);
		bool more = fuzz.messages < wanted;
		if (!runs[i] && more && begun < fuzz.peers_per_round) {
			begin_peer(&fuzz.slots[i]);
			runs[i] = true;
			begun++;
			running++;
		}
		if (runs[i] && (!take_turn(&fuzz.slots[i]) || !more)) {
			end_peer(&fuzz.slots[i]);
			runs[i] = false;
			running--;
		}
		bystander_serve(&fuzz.bystander);
	} while (running > 0);
	bystander_check_answered(&fuzz.bystander);
	/* again while windows of others, which have ended, are still there to be mistaken for it */
	for (int tries = 0; tries < ANSWER_SECONDS; tries++) {
		restore_outputs();
		if (bystander_wait_shown(&fuzz.bystander, 1)) {
			break;
		}
	}
	bystander_check_shown(&fuzz.bystander);
	check_descriptors();
}

static void begin(void)
{
	fuzz.seed = strtoull(case_fixture("seed"), NULL, 0);
	fuzz.peers = (uint32_t)number_fixture("first", 0);
	fuzz.peers_per_round = (uint32_t)number_fixture("round", PEERS_PER_ROUND);
	fuzz.turns = random_seed(fuzz.seed, 0, 0);
	if (case_try_fixture("trace") != NULL) {
		trace_print_all();
	}
	habits_load(case_fixture("habits"));
	scenarios_load(case_fixture("scenarios"));
	server_start(&fuzz.server,
		"--renderer %s --allocator memfd --outputs 2 --size 64x64 --budget 32 "
		"--log-level error",
		case_fixture("renderer"));
	server_warm_up(&fuzz.server);
	case_on_failure(say_where);
	bystander_begin(&fuzz.bystander, &fuzz.server);
	bystander_check_shown(&fuzz.bystander);
	restore_outputs();
	bystander_check_shown(&fuzz.bystander);
	fuzz.descriptors = count_descriptors();
}

static void end(void)
{
	bystander_end(&fuzz.bystander);
	server_check_empty(&fuzz.server);
	server_stop(&fuzz.server);
}

CASE(wire)
{
	struct timespec begun, ended;
	uint64_t wanted = messages_wanted();
	/* by the machine's pace; a hang is noticed long before */
	case_set_deadline((int)(60 + wanted / 500));
	begin();
	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (fuzz.messages < wanted) {
		run_round(wanted);
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("seed %" PRIu64 ": %" PRIu64 " messages over %u connections in %ld s; "
	       "%" PRIu64 " frames of the bystander\n",
		fuzz.seed, fuzz.messages, fuzz.peers, (long)(ended.tv_sec - begun.tv_sec),
		fuzz.bystander.frames);
	end();
}
