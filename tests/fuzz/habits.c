/* SPDX-License-Identifier: MIT */
#include "habits.h"
#include "case.h"
#include "words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HABITS 128

static struct {
	int interface, opcode;
	uint32_t rare_once_in;
	struct message_words words;
} habits[MAX_HABITS];
static size_t habits_len;

void habits_load(const char *path)
{
	char line[WORDS_MAX_LINE_BYTES];
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	habits_len = 0;
	while (words_read_line(file, line)) {
		char name[MESSAGE_WORD_BYTES];
		CHECK_INT(<, habits_len, MAX_HABITS);
		struct message_words *words = &habits[habits_len].words;
		words_split(line, name, words);
		habits[habits_len].rare_once_in = 1;
		if (strcmp(name, "rare") == 0) {
			habits[habits_len].rare_once_in = (uint32_t)atoi(words->words[0]);
			strcpy(name, words->words[1]);
			words_shift(words, 2);
		}
		words_find_request(name, &habits[habits_len].interface, &habits[habits_len].opcode);
		habits_len++;
	}
	fclose(file);
}

const struct message_words *habits_find(int interface, int opcode, uint32_t *rare_once_in)
{
	for (size_t i = 0; i < habits_len; i++) {
		if (habits[i].interface == interface && habits[i].opcode == opcode) {
			if (rare_once_in != NULL) {
				*rare_once_in = habits[i].rare_once_in;
			}
			return &habits[i].words;
		}
	}
	return NULL;
}
