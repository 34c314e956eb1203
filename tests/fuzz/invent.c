/* SPDX-License-Identifier: MIT */
#include "invent.h"
#include "descriptors.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const int32_t edges[] = {0, 1, -1, 2, 3, 7, 8, 63, 64, 65, 127, 128, 255, 256, 4095, 4096,
	4097, 8192, 16383, 16384, 16385, 32767, 32768, -32768, 65535, 65536, 1 << 20, 1 << 23,
	(1 << 23) - 1, 1 << 24, 1 << 26, 1 << 30, -(1 << 30), INT_MAX, INT_MAX - 1, INT_MIN,
	INT_MIN + 1};
static const uint32_t codes[] = {0x34325258, 0x34325241, 0x34324258, 0x34324241, 0x36314752,
	0x30335258, 0x48344241, 0x3231564e, 0x30313050, 0x56595559, 0, 1, 0xffffffff};
static const char *const texts[] = {"", "a", "text/plain", "text/plain;charset=utf-8", "../../x",
	"%s%n%s%n", "\xff\xfe\x80", "org.example.fuzz", "wl_surface", "a\nb\033[31m"};

static uint32_t invent_enum(struct random *random, const struct wire_arg *arg)
{
	uint32_t value = arg->values[random_below(random, (uint32_t)arg->values_len)];
	while (arg->bitfield && random_once_in(random, 2)) {
		value |= arg->values[random_below(random, (uint32_t)arg->values_len)];
	}
	return value;
}

static uint32_t invent_edge(struct random *random)
{
	return random_once_in(random, 4) ? (uint32_t)random_next(random)
					 : (uint32_t)edges[random_below(random, LEN(edges))];
}

uint32_t invent_number(struct message_context *context, const struct wire_arg *arg)
{
	struct random *random = &context->random;
	bool wrong = random_once_in(random, context->wrong_once_in);
	if (arg->values_len > 0 && !wrong) {
		return invent_enum(random, arg);
	}
	if (strcmp(arg->name, "serial") == 0 && context->peer->serials_len > 0 && !wrong) {
		size_t len = context->peer->serials_len;
		len = len < PEER_SERIALS ? len : PEER_SERIALS;
		return context->peer->serials[random_below(random, (uint32_t)len)];
	}
	if (strcmp(arg->name, "format") == 0 && !wrong) {
		return codes[random_below(random, LEN(codes))];
	}
	uint32_t unit = arg->type == 'f' ? 256 : 1;
	switch (random_below(random, wrong ? 1 : 8)) {
	case 0:
		return invent_edge(random) * (random_once_in(random, 2) ? unit : 1);
	case 1:
		return arg->type == 'u' ? random_below(random, 5) * unit
					: (random_below(random, 400) - 200) * unit;
	default:
		return random_below(random, 130) * unit;
	}
}

/* Of any interface, dead or never born. */
static uint32_t invent_wrong_object(struct message_context *context)
{
	struct random *random = &context->random;
	const struct peer *peer = context->peer;
	switch (random_below(random, 5)) {
	case 0:
		return 0;
	case 1:
		return peer->own_len + random_below(random, 3);
	case 2:
		return PEER_FIRST_SERVED_ID + random_below(random, 8);
	case 3:
		return (uint32_t)random_next(random);
	default:
		return random_below(random, peer->own_len);
	}
}

uint32_t invent_object(struct message_context *context, const struct wire_arg *arg)
{
	struct random *random = &context->random;
	if (random_once_in(random, context->wrong_once_in)) {
		return invent_wrong_object(context);
	}
	if (arg->nullable && random_once_in(random, 4)) {
		return 0;
	}
	const struct peer_object *object =
		peer_pick(context->peer, arg->interface, (uint32_t)random_next(random));
	return object != NULL ? object->id : 0;
}

uint32_t invent_wrong_id(struct message_context *context)
{
	const struct peer *peer = context->peer;
	const uint32_t ids[] = {0, 1, peer->own_len - 1, peer->own_len + 1, peer->own_len + 1000,
		PEER_FIRST_SERVED_ID, PEER_FIRST_SERVED_ID + 1, UINT32_MAX};
	return ids[random_below(&context->random, LEN(ids))];
}

const char *invent_descriptor(struct message_context *context)
{
	return descriptor_kinds[random_below(&context->random, (uint32_t)descriptor_kinds_len)];
}

size_t invent_text(struct message_context *context, char *text, size_t size)
{
	struct random *random = &context->random;
	if (!random_once_in(random, 4)) {
		return (size_t)snprintf(text, size, "%s", texts[random_below(random, LEN(texts))]);
	}
	size_t length = random_below(random, random_once_in(random, 4) ? (uint32_t)size : 40);
	for (size_t i = 0; i < length; i++) {
		text[i] = (char)(random_once_in(random, 8) ? random_next(random)
							   : 'a' + random_below(random, 26));
	}
	return length;
}
