/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include "client.h"
#include "picture.h"

/* What an output shows, by screencopy, without the cursor. picture_finish frees it. */
void capture_output(struct picture *picture, struct client *client, size_t output);

#endif
