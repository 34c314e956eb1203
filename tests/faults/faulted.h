/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULTED_H
#define TESTS_FAULTED_H

#include "buffer.h"
#include "client.h"
#include "fault.h"
#include "server.h"
#include "window.h"

/* A compositor whose calls into the kernel fail as the case says, and what it shows meanwhile. */

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name
#define FAULT_ERRORS_LEN 7
#define SIDE_PX 64

/* Each errno that a call is failed with, and the reason that a client is told of it. */
struct fault_error {
	int error;
	uint32_t reason;
};
extern const struct fault_error fault_errors[FAULT_ERRORS_LEN];

/* Before the compositor is started. fault_end unmaps it. */
volatile struct fault *fault_begin(void);
void fault_set(volatile struct fault *fault, enum fault_call call, int error);
/* Of the allocator with that name only, where it is to open its device or make memory. */
void fault_set_device(volatile struct fault *fault, const char *allocator);
void fault_end(volatile struct fault *fault);

/* By the fixtures renderer=… and allocator=…, with an output of SIDE_PX each way. */
void faulted_start(struct server *server);
/* Paints noise into a buffer of the output's size and looks for it on the screen. */
void faulted_paint(struct client *client, struct window *window, struct buffer *buffer);
void faulted_check_window(struct client *client, const char *path);
/* The report says of an allocator what the batch says. */
void faulted_check_told(struct client *client, const struct client_allocator *told);

#endif
