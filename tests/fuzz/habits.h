/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_HABITS_H
#define TESTS_FUZZ_HABITS_H

#include "message.h"

/*
 * The arguments that a request mostly has from a client that means well, from habits.txt:
 * with others the connection would end too soon to get anywhere.
 */

/* Fails the case if it names what no XML has. */
void habits_load(const char *path);
/* NULL if there is none. `rare_once_in` may be NULL. */
const struct message_words *habits_find(int interface, int opcode, uint32_t *rare_once_in);

#endif
