/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_INVENT_H
#define TESTS_FUZZ_INVENT_H

#include "message.h"

/* Values that no word gives: ordinary ones, and those at which something may break. */

uint32_t invent_number(struct message_context *context, const struct wire_arg *arg);
/* 0 for none. Of the right interface unless it is to be wrong. */
uint32_t invent_object(struct message_context *context, const struct wire_arg *arg);
/* An id that is not the next one. */
uint32_t invent_wrong_id(struct message_context *context);
const char *invent_descriptor(struct message_context *context);
/* Returns the length; no more than `size`. Not always terminated, or text. */
size_t invent_text(struct message_context *context, char *text, size_t size);

#endif
