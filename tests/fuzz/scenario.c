/* SPDX-License-Identifier: MIT */
#include "scenario.h"
#include "case.h"
#include "trace.h"
#include "words.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_STEPS 1000
#define SPOILT_ONCE_IN 60
#define RARE_ONCE_IN 6
#define GROWN_BYTES (512 * 1024)

struct step {
	uint32_t repeats;
	char variable[MESSAGE_WORD_BYTES]; /* empty: what it makes has no name */
	char target[MESSAGE_WORD_BYTES];   /* without a request: a verb of scenarios.txt */
	char request[MESSAGE_WORD_BYTES];
	struct message_words words;
};

static struct step steps[MAX_STEPS];
static struct {
	char name[WORDS_MAX_LINE_BYTES];
	bool rare;
	size_t first, end;
} scenarios[SCENARIO_MAX];
static size_t steps_len, scenarios_len;

static void parse_step(const char *line)
{
	char first[MESSAGE_WORD_BYTES];
	CHECK_INT(<, steps_len, MAX_STEPS);
	struct step *step = &steps[steps_len++];
	step->repeats = 1;
	words_split(line, first, &step->words);
	if (strcmp(first, "repeat") == 0) {
		step->repeats = (uint32_t)atoi(step->words.words[0]);
		strcpy(first, step->words.words[1]);
		words_shift(&step->words, 2);
	}
	if (step->words.len > 1 && strcmp(step->words.words[0], "=") == 0) {
		strcpy(step->variable, first);
		strcpy(first, step->words.words[1]);
		words_shift(&step->words, 2);
	}
	char *dot = strchr(first, '.');
	if (dot != NULL) {
		*dot = '\0';
		strcpy(step->request, dot + 1);
	}
	strcpy(step->target, first);
}

void scenarios_load(const char *path)
{
	char line[WORDS_MAX_LINE_BYTES];
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	steps_len = scenarios_len = 0;
	while (words_read_line(file, line)) {
		if (strncmp(line, "scenario ", 9) != 0) {
			CHECK_INT(>, scenarios_len, 0);
			parse_step(line);
			scenarios[scenarios_len - 1].end = steps_len;
			continue;
		}
		CHECK_INT(<, scenarios_len, SCENARIO_MAX);
		bool rare = strncmp(line + 9, "rare ", 5) == 0;
		scenarios[scenarios_len].rare = rare;
		strcpy(scenarios[scenarios_len].name, line + (rare ? 14 : 9));
		scenarios[scenarios_len].first = scenarios[scenarios_len].end = steps_len;
		scenarios_len++;
	}
	fclose(file);
}

static void begin(struct scenario_player *player, size_t index)
{
	player->scenario = (int)index;
	player->step = scenarios[index].first;
	player->repeats_left = steps[player->step].repeats;
}

void scenario_begin(struct scenario_player *player, struct message_context *context)
{
	size_t index = random_below(&context->random, (uint32_t)scenarios_len);
	if (!scenarios[index].rare || random_once_in(&context->random, RARE_ONCE_IN)) {
		begin(player, index);
	}
}

void scenario_begin_named(struct scenario_player *player, const char *name)
{
	for (size_t i = 0; i < scenarios_len; i++) {
		if (strcmp(scenarios[i].name, name) == 0) {
			begin(player, i);
			return;
		}
	}
	FAIL("there is no scenario '%s'", name);
}

/* What is done to the last memfd; others refuse it, which is as well. */
static void treat_descriptor(struct message_context *context, const char *verb)
{
	int fd = context->last_fd, result = 0;
	trace_begin(context->number, context->peer->sent, "memfd", 0, verb);
	if (fd < 0) {
		return;
	}
	if (strcmp(verb, "truncate") == 0) {
		result = ftruncate(fd, 0);
	} else if (strcmp(verb, "grow") == 0) {
		result = ftruncate(fd, GROWN_BYTES);
	} else if (strcmp(verb, "punch") == 0) {
		result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, GROWN_BYTES);
	} else if (strcmp(verb, "seal") == 0) {
		result = fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
	} else {
		FAIL("scenarios.txt: '%s' is no step", verb);
	}
	trace_add(result == 0 ? "" : " (refused)");
}

static const struct peer_object *find_target(
	struct message_context *context, const struct step *step)
{
	uint32_t id = message_variable(context, step->target);
	if (id != 0) {
		return peer_find(context->peer, id);
	}
	int interface = wire_find_interface(step->target);
	return interface < 0
		? NULL
		: peer_pick(context->peer, interface, (uint32_t)random_next(&context->random));
}

static void send_step(struct message_context *context, const struct step *step, bool spoilt)
{
	char chosen[MESSAGE_WORD_BYTES];
	const struct peer_object *object = find_target(context, step);
	if (object == NULL) {
		return; /* what should have made it was left out */
	}
	const char *request = message_choose(context, step->request, chosen);
	int opcode = wire_find_request(object->interface, request);
	if (opcode < 0 ||
		(!message_can_be_right(context->peer, object, opcode) &&
			!random_once_in(&context->random, context->wrong_once_in))) {
		return; /* its variable has the name of another scenario's */
	}
	uint32_t made = message_send(context, object, opcode, spoilt ? NULL : &step->words);
	if (made != 0 && step->variable[0] != '\0') {
		message_set_variable(context, step->variable, made);
	}
}

static enum scenario_wish run_step(struct scenario_player *player, struct message_context *context,
	const struct step *step, bool spoilt)
{
	if (step->request[0] != '\0') {
		send_step(context, step, spoilt);
	} else if (strcmp(step->target, "wait") == 0) {
		return SCENARIO_WAITS;
	} else if (strcmp(step->target, "deaf") == 0) {
		player->deaf = true;
	} else {
		treat_descriptor(context, step->target);
	}
	return SCENARIO_GOES_ON;
}

enum scenario_wish scenario_play(
	struct scenario_player *player, struct message_context *context, bool exact)
{
	const struct step *step = &steps[player->step];
	enum scenario_wish wish = SCENARIO_GOES_ON;
	uint32_t luck = exact ? SPOILT_ONCE_IN : random_below(&context->random, SPOILT_ONCE_IN);
	if (luck != 0) { /* else left out */
		wish = run_step(player, context, step, luck == 1);
	}
	if (luck == 2) { /* doubled */
		run_step(player, context, step, false);
	}
	if (player->repeats_left > 1 && step->repeats > 1) {
		player->repeats_left--;
		return wish;
	}
	if (++player->step == scenarios[player->scenario].end) {
		player->scenario = -1;
		return SCENARIO_ENDED;
	}
	player->repeats_left = steps[player->step].repeats;
	return wish;
}
