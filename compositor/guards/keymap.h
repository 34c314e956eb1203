/* SPDX-License-Identifier: MIT */
#ifndef GESSO_KEYMAP_H
#define GESSO_KEYMAP_H

#include <stddef.h>

/*
 * Keymaps that clients bring, as text in a file. It is copied before it is looked at, since
 * its file may end or change at any time; and it is compiled on the one thread that serves
 * everyone, by a compiler that opens whatever file the text has it include. So a text has at
 * most KEYMAP_MAX_BYTES, and includes at most KEYMAP_MAX_INCLUDES files, none of which lies
 * outside of xkb's own directories.
 */

/* Layouts of people have some 70 KiB. */
#define KEYMAP_MAX_BYTES ((size_t)256 * 1024)
/* Programs that write their own have two or three; each of an include's parts counts. */
#define KEYMAP_MAX_INCLUDES 32

struct xkb_keymap;

/*
 * The text in the first `size_bytes` of `fd` (borrowed), terminated; the caller frees it.
 * NULL if it is not to be compiled, and `*why` says why not: a literal.
 */
char *keymap_read(int fd, size_t size_bytes, const char **why);

/* The caller unrefs it. NULL if the text is no keymap. */
struct xkb_keymap *keymap_compile(const char *text);

#endif
