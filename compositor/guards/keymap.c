/* SPDX-License-Identifier: MIT */
#include "guards/keymap.h"
#include <ctype.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

/* A page of a FUSE file is its owner's to give, or not to. */
static bool can_be_read(int fd)
{
	struct stat status;
	struct statfs file_system;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		fstatfs(fd, &file_system) == 0 && file_system.f_type != FUSE_SUPER_MAGIC;
}

/* A digit, or a number to the base 16: what follows without a space may be a word. */
static size_t number_len(const char *text)
{
	size_t len = text[0] == '0' && text[1] == 'x' ? 2 : 1;
	while (len > 1 && isxdigit((unsigned char)text[len])) {
		len++;
	}
	return len;
}

static size_t word_len(const char *text)
{
	size_t len = 0;
	while (isalpha((unsigned char)text[len]) || text[len] == '_' ||
		(len > 0 && isdigit((unsigned char)text[len]))) {
		len++;
	}
	return len;
}

/* Each of these, before a string, includes the files that this names. */
static bool begins_include(const char *word, size_t len)
{
	static const char *const words[] = {
		"include", "augment", "override", "replace", "alternate"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && strncasecmp(word, words[i], len) == 0) {
			return true;
		}
	}
	return false;
}

/* How many files are named there; more than are allowed if one is not to be opened. */
static size_t count_names(const char *names, size_t len)
{
	size_t count = 1;
	for (size_t i = 0; i < len; i++) {
		bool goes_up = names[i] == '.' && i + 1 < len && names[i + 1] == '.';
		bool from_the_root = names[i] == '/' && (i == 0 || strchr("+|^", names[i - 1]));
		if (goes_up || from_the_root || names[i] == '%' || names[i] == '\\') {
			return KEYMAP_MAX_INCLUDES + 1;
		}
		count += strchr("+|^", names[i]) != NULL;
	}
	return count;
}

/* A string, up to the quote that ends it or the end of the line. */
static size_t string_len(const char *text)
{
	size_t len = 1;
	while (text[len] != '\0' && text[len] != '\n' && text[len] != '"') {
		len += text[len] == '\\' && text[len + 1] == '\\' ? 2 : 1;
	}
	return len;
}

/* The name of a key, in which there may be a quote. */
static size_t key_name_len(const char *text)
{
	size_t len = 1;
	while (isgraph((unsigned char)text[len]) && text[len] != '>') {
		len++;
	}
	return len;
}

static bool begins_comment(const char *text)
{
	return text[0] == '#' || (text[0] == '/' && text[1] == '/');
}

/* The next thing in the text, as xkbcommon divides it; `included` if an include comes next. */
static size_t next_len(const char *text, bool *included, size_t *count)
{
	size_t len = 1;
	bool was_included = *included;
	if (begins_comment(text)) {
		return strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	}
	*included = was_included && isspace((unsigned char)*text);
	if (word_len(text) > 0) {
		len = word_len(text);
		*included = begins_include(text, len);
	} else if (isdigit((unsigned char)*text)) {
		len = number_len(text);
	} else if (*text == '<') {
		len = key_name_len(text);
	} else if (*text == '"') {
		len = string_len(text);
		*count += was_included ? count_names(text + 1, len - 1) : 0;
		/* whether a backslash hides the quote is not the same in all versions */
		*count += text[len - 1] == '\\' ? KEYMAP_MAX_INCLUDES + 1 : 0;
		len += text[len] == '"';
	}
	return len;
}

static size_t count_includes(const char *text)
{
	size_t count = 0;
	bool included = false;
	while (*text != '\0') {
		text += next_len(text, &included, &count);
	}
	return count;
}

char *keymap_read(int fd, size_t size_bytes, const char **why)
{
	*why = "the keymap cannot be read, or is none";
	if (size_bytes > KEYMAP_MAX_BYTES) {
		*why = "the keymap is larger than 256 KiB";
		return NULL;
	}
	char *text = can_be_read(fd) ? calloc(1, size_bytes + 1) : NULL;
	if (text == NULL || pread(fd, text, size_bytes, 0) < 1) {
		free(text);
		return NULL;
	}
	if (count_includes(text) > KEYMAP_MAX_INCLUDES) {
		*why = "the keymap includes more than 32 files, or one that is not xkb's";
		free(text);
		return NULL;
	}
	return text;
}

struct xkb_keymap *keymap_compile(const char *text)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = context != NULL
		? xkb_keymap_new_from_string(
			  context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS)
		: NULL;
	xkb_context_unref(context);
	return keymap;
}
