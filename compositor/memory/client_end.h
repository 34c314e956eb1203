/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CLIENT_END_H
#define GESSO_CLIENT_END_H

#include <stdbool.h>

struct wl_client;

/*
 * Ends `client` with wl_display's error no_memory, whether it reads that or not, once
 * the event loop has nothing else in hand. The log says `why`. Does nothing to a client
 * that is being ended already.
 */
void gesso_client_end(struct wl_client *client, const char *why);

bool gesso_client_is_ending(struct wl_client *client);

#endif
