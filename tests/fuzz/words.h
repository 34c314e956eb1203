/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_WORDS_H
#define TESTS_FUZZ_WORDS_H

#include "message.h"
#include <stdio.h>

/* How habits.txt and scenarios.txt are read: a line, words divided by blanks; # begins a comment. */

#define WORDS_MAX_LINE_BYTES 256

/* The next line that is not empty. False at the end. */
bool words_read_line(FILE *file, char line[WORDS_MAX_LINE_BYTES]);
/* The first word, and the others. */
void words_split(const char *line, char first[MESSAGE_WORD_BYTES], struct message_words *others);
/* Takes the first ones away. */
void words_shift(struct message_words *words, size_t count);
/* INTERFACE.REQUEST. Fails the case if no XML has it. */
void words_find_request(const char *name, int *interface, int *opcode);

#endif
