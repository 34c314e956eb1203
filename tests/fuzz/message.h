/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_MESSAGE_H
#define TESTS_FUZZ_MESSAGE_H

#include "peer.h"
#include "random.h"

/*
 * One request: each argument as a word says, or invented. Words are
 *
 *   *            invented, by the argument's type, enum and name
 *   12 -1 0x7f 1.5   this number; 3..90 one of these; a|b|c one of these words
 *   null         no object, no string
 *   some         any living object of the right interface, or none
 *   first second the first or second of them
 *   serial       the last serial that an event had
 *   memfd ...    a new descriptor of that kind (descriptors.h); again: the last one
 *   anything else: the object that a variable names, or the word as a string
 */

#define MESSAGE_MAX_VARIABLES 32
#define MESSAGE_WORD_BYTES 80
#define MESSAGE_MAX_WORDS 14

struct message_variable {
	char name[MESSAGE_WORD_BYTES];
	uint32_t id;
};

struct message_context {
	struct peer *peer;
	uint32_t number; /* of the peer */
	struct random random;
	uint32_t wrong_once_in; /* how many arguments are right for each that is wrong */
	struct message_variable variables[MESSAGE_MAX_VARIABLES];
	size_t variables_len;
	int last_fd; /* a copy of the last memfd that was sent; -1 if there is none */
};

struct message_words {
	char words[MESSAGE_MAX_WORDS][MESSAGE_WORD_BYTES];
	size_t len;
};

/*
 * Puts request `opcode` of `object` on the wire. What is beyond `words` (which may be NULL) is
 * invented. Returns the id of the object that it makes, or 0.
 */
uint32_t message_send(struct message_context *context, const struct peer_object *object, int opcode,
	const struct message_words *words);

/* Whether the request is of the object's version, and what it needs is there. */
bool message_can_be_right(const struct peer *peer, const struct peer_object *object, int opcode);

/* Any request of any object, its arguments as habits (habits.h) have them, most of the time. */
void message_send_any(struct message_context *context);

/* One of the words that `|` divides: `word` itself, or `chosen`, which it is written to. */
const char *message_choose(
	struct message_context *context, const char *word, char chosen[MESSAGE_WORD_BYTES]);

/* 0 if nothing alive has that name. */
uint32_t message_variable(const struct message_context *context, const char *name);
void message_set_variable(struct message_context *context, const char *name, uint32_t id);

#endif
