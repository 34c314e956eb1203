/* SPDX-License-Identifier: MIT */
#include "message.h"
#include "case.h"
#include "descriptors.h"
#include "habits.h"
#include "invent.h"
#include "trace.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TEXT_BYTES 3000
#define MAX_TRIES 20

uint32_t message_variable(const struct message_context *context, const char *name)
{
	for (size_t i = 0; i < context->variables_len; i++) {
		if (strcmp(context->variables[i].name, name) == 0) {
			return context->variables[i].id;
		}
	}
	return 0;
}

void message_set_variable(struct message_context *context, const char *name, uint32_t id)
{
	size_t i = 0;
	while (i < context->variables_len && strcmp(context->variables[i].name, name) != 0) {
		i++;
	}
	if (i < MESSAGE_MAX_VARIABLES) {
		strcpy(context->variables[i].name, name);
		context->variables[i].id = id;
		context->variables_len += i == context->variables_len;
	}
}

const char *message_choose(
	struct message_context *context, const char *word, char chosen[MESSAGE_WORD_BYTES])
{
	uint32_t len = 1;
	for (const char *at = strchr(word, '|'); at != NULL; at = strchr(at + 1, '|')) {
		len++;
	}
	if (len == 1) {
		return word;
	}
	for (uint32_t skip = random_below(&context->random, len); skip > 0; skip--) {
		word = strchr(word, '|') + 1;
	}
	size_t length = strcspn(word, "|");
	memcpy(chosen, word, length);
	chosen[length] = '\0';
	return chosen;
}

static uint32_t number_of(struct message_context *context, const struct peer_object *object,
	const struct wire_arg *arg, const char *word)
{
	if (strcmp(word, "*") == 0) {
		return invent_number(context, arg);
	}
	if (strcmp(word, "serial") == 0 && object->serial != 0) {
		return object->serial;
	} else if (strcmp(word, "serial") == 0) {
		size_t len = context->peer->serials_len;
		return len > 0 ? context->peer->serials[(len - 1) % PEER_SERIALS] : 0;
	}
	if (arg->type == 'f') {
		return (uint32_t)(int32_t)(strtod(word, NULL) * 256);
	}
	char *end;
	long long value = strtoll(word, &end, 0);
	if (strncmp(end, "..", 2) == 0) {
		uint32_t span = (uint32_t)(strtoll(end + 2, NULL, 0) - value + 1);
		value += random_below(&context->random, span);
	}
	return (uint32_t)value;
}

static uint32_t object_of(
	struct message_context *context, const struct wire_arg *arg, const char *word)
{
	if (strcmp(word, "*") == 0) {
		return invent_object(context, arg);
	}
	if (strcmp(word, "null") == 0) {
		return 0;
	}
	uint32_t id = message_variable(context, word);
	if (strcmp(word, "first") == 0 || strcmp(word, "second") == 0) {
		id = peer_nth(context->peer, arg->interface, word[0] == 's');
	} else if (peer_find(context->peer, id) == NULL &&
		!random_once_in(&context->random, context->wrong_once_in)) {
		const struct peer_object *object = peer_pick(
			context->peer, arg->interface, (uint32_t)random_next(&context->random));
		id = object != NULL ? object->id : 0;
	}
	return id;
}

static int descriptor_of(struct message_context *context, const char *word)
{
	int fd;
	if (strcmp(word, "again") == 0 && context->last_fd >= 0) {
		trace_add(" again");
		return fcntl(context->last_fd, F_DUPFD_CLOEXEC, 0);
	}
	if (strcmp(word, "*") == 0 || strcmp(word, "again") == 0) {
		word = invent_descriptor(context);
	}
	trace_add(" %s", word);
	fd = descriptor_open(word);
	if (context->last_fd >= 0) {
		close(context->last_fd);
	}
	context->last_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd;
}

static void put_descriptor(struct message_context *context, const char *word)
{
	struct random *random = &context->random;
	uint32_t len = 1;
	if (random_once_in(random, context->wrong_once_in * 4)) {
		len = random_below(random, 4); /* none, or more than are taken */
	}
	if (len == 0) {
		trace_add(" (no descriptor)");
	}
	for (uint32_t i = 0; i < len; i++) {
		wire_put_fd(&context->peer->wire, descriptor_of(context, word));
	}
}

static void put_text(struct message_context *context, const struct wire_arg *arg, const char *word)
{
	struct wire *wire = &context->peer->wire;
	char text[MAX_TEXT_BYTES];
	size_t length;
	if (strcmp(word, "null") == 0) {
		wire_put(wire, 0);
		return;
	}
	if (strcmp(word, "*") == 0) {
		length = invent_text(context, text, sizeof(text) - 1);
	} else {
		length = strlen(word);
		memcpy(text, word, length);
	}
	bool ended =
		arg->type == 's' && !random_once_in(&context->random, context->wrong_once_in * 4);
	if (ended) {
		text[length++] = '\0';
	}
	uint32_t told_bytes = (uint32_t)length;
	if (random_once_in(&context->random, context->wrong_once_in * 8)) {
		told_bytes = invent_number(context, arg);
	}
	trace_add(" \"%.*s\"(%u of %zu)", (int)strnlen(text, length < 60 ? length : 60), text,
		told_bytes, length);
	wire_put_bytes(wire, told_bytes, text, length);
}

static uint32_t put_new_id(
	struct message_context *context, const struct wire_arg *arg, uint32_t version)
{
	struct peer *peer = context->peer;
	uint32_t id = random_once_in(&context->random, context->wrong_once_in * 8)
		? 0
		: peer_add(peer, arg->interface, version);
	uint32_t told = id != 0 ? id : invent_wrong_id(context);
	trace_add(" new %u", told);
	wire_put(&peer->wire, told);
	return id;
}

static void put_number(struct message_context *context, const struct peer_object *object,
	const struct wire_arg *arg, const char *word)
{
	uint32_t value = arg->type == 'o' ? object_of(context, arg, word)
					  : number_of(context, object, arg, word);
	trace_add(arg->type == 'o' ? " #%u" : (arg->type == 'u' ? " %u" : " %d"), value);
	wire_put(&context->peer->wire, value);
}

/* The id of what it makes, or 0. */
static uint32_t put_arg(struct message_context *context, const struct peer_object *object,
	const struct wire_arg *arg, const char *word)
{
	switch (arg->type) {
	case 'n':
		return put_new_id(context, arg, object->version);
	case 's':
	case 'a':
		put_text(context, arg, word);
		break;
	case 'h':
		put_descriptor(context, word);
		break;
	default:
		put_number(context, object, arg, word);
		break;
	}
	return 0;
}

static void end_message(struct message_context *context)
{
	struct peer *peer = context->peer;
	int32_t extra_bytes = 0;
	if (random_once_in(&context->random, context->wrong_once_in * 64)) {
		/* what follows is read from another place on, or waited for */
		peer->torn = true;
		extra_bytes = (int32_t)random_below(&context->random, 24) - 12;
	}
	wire_end(&peer->wire, extra_bytes);
	peer->sent++;
}

uint32_t message_send(struct message_context *context, const struct peer_object *object, int opcode,
	const struct message_words *words)
{
	struct peer *peer = context->peer;
	const struct wire_interface *interface = &wire_interfaces[object->interface];
	const struct wire_message *request = &interface->requests[opcode];
	uint32_t id = object->id, made = 0;
	size_t word_index = 0;
	trace_begin(context->number, peer->sent, interface->name, id, request->name);
	wire_begin(&peer->wire, id, (uint16_t)opcode);
	for (size_t i = 0; i < request->args_len; i++) {
		const struct wire_arg *arg = &request->args[i];
		char chosen[MESSAGE_WORD_BYTES];
		const char *word = "*";
		if (arg->type != 'n' && words != NULL && word_index < words->len) {
			word = message_choose(context, words->words[word_index++], chosen);
		}
		uint32_t new_id = put_arg(context, object, arg, word);
		made = new_id != 0 ? new_id : made;
	}
	end_message(context);
	if (request->destructor) {
		peer_remove(peer, id);
	}
	return made;
}

bool message_can_be_right(const struct peer *peer, const struct peer_object *object, int opcode)
{
	const struct wire_message *request = &wire_interfaces[object->interface].requests[opcode];
	if (request->since > object->version ||
		(strcmp(request->name, "ack_configure") == 0 && object->serial == 0)) {
		return false;
	}
	for (size_t i = 0; i < request->args_len; i++) {
		const struct wire_arg *arg = &request->args[i];
		if (arg->type == 'o' && !arg->nullable && arg->interface >= 0 &&
			peer_pick(peer, arg->interface, 0) == NULL) {
			return false;
		}
	}
	return true;
}

/* Interfaces count, not objects: else there would be nothing but regions. */
static const struct peer_object *pick_object(struct message_context *context)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		const struct peer_object *any = NULL;
		uint32_t start = (uint32_t)random_next(&context->random);
		int interface = context->peer->own[start % context->peer->own_len].interface;
		if (context->peer->served_len > 0 && random_once_in(&context->random, 8)) {
			interface =
				context->peer->served[start % context->peer->served_len].interface;
		} else if (random_once_in(&context->random, 2)) {
			interface = (int)(start % wire_interfaces_len);
		}
		if (interface >= 0 && wire_interfaces[interface].requests_len > 0) {
			any = peer_pick(context->peer, interface, start);
		}
		if (any != NULL) {
			return any;
		}
	}
	return NULL;
}

/* What ends much else at once, or the connection, is rare. */
static bool is_wanted(
	struct message_context *context, const struct peer_object *object, uint32_t opcode)
{
	struct random *random = &context->random;
	const struct wire_message *request = &wire_interfaces[object->interface].requests[opcode];
	bool global = object->id < context->peer->globals_len + 3;
	uint32_t rare_once_in = 1;
	if (request->destructor) {
		rare_once_in = global ? 300 : 6;
	}
	habits_find(object->interface, (int)opcode, &rare_once_in);
	if (!message_can_be_right(context->peer, object, (int)opcode)) {
		rare_once_in = context->wrong_once_in;
	}
	return random_once_in(random, rare_once_in);
}

void message_send_any(struct message_context *context)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		const struct peer_object *object = pick_object(context);
		if (object == NULL) {
			return;
		}
		const struct wire_interface *interface = &wire_interfaces[object->interface];
		uint32_t opcode = random_below(&context->random, (uint32_t)interface->requests_len);
		if (!is_wanted(context, object, opcode)) {
			continue;
		}
		const struct message_words *words = NULL;
		if (!random_once_in(&context->random, 100)) {
			words = habits_find(object->interface, (int)opcode, NULL);
		}
		message_send(context, object, (int)opcode, words);
		return;
	}
}
