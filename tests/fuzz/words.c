/* SPDX-License-Identifier: MIT */
#include "words.h"
#include "case.h"
#include <string.h>

bool words_read_line(FILE *file, char line[WORDS_MAX_LINE_BYTES])
{
	while (fgets(line, WORDS_MAX_LINE_BYTES, file) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " \t")] != '\0') {
			return true;
		}
	}
	return false;
}

void words_split(const char *line, char first[MESSAGE_WORD_BYTES], struct message_words *others)
{
	size_t index = 0;
	others->len = 0;
	for (line += strspn(line, " \t"); *line != '\0'; line += strspn(line, " \t")) {
		size_t length = strcspn(line, " \t");
		CHECK_INT(<, length, MESSAGE_WORD_BYTES);
		CHECK_INT(<=, index, MESSAGE_MAX_WORDS);
		char *word = index == 0 ? first : others->words[others->len++];
		memcpy(word, line, length);
		word[length] = '\0';
		line += length;
		index++;
	}
}

void words_shift(struct message_words *words, size_t count)
{
	CHECK_INT(>=, words->len, count);
	words->len -= count;
	memmove(words->words, words->words + count, words->len * sizeof(words->words[0]));
}

void words_find_request(const char *name, int *interface, int *opcode)
{
	char owner[MESSAGE_WORD_BYTES];
	const char *dot = strchr(name, '.');
	CHECK(dot != NULL);
	snprintf(owner, sizeof(owner), "%.*s", (int)(dot - name), name);
	*interface = wire_find_interface(owner);
	if (*interface < 0 || (*opcode = wire_find_request(*interface, dot + 1)) < 0) {
		FAIL("no XML has %s", name);
	}
}
