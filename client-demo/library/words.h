/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_WORDS_H
#define GESSO_LIBRARY_WORDS_H

#include "gesso-client.h"

/* Why path native or dmabuf was refused: a code for programs, one line for people. */
struct refusal {
	int code; /* enum gesso_client_reason */
	char words[256];
};

/* Words that do not fit are cut. */
void refusal_set(struct refusal *refusal, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 0 if the library does not know the fourcc. */
uint32_t format_bytes_per_pixel(uint32_t fourcc);

/* Such as "XRGB8888"; never NULL. */
const char *format_name(uint32_t fourcc);

#endif
