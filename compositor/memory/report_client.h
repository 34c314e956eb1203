/* SPDX-License-Identifier: MIT */
#ifndef REPORT_CLIENT_H
#define REPORT_CLIENT_H

#include "memory/path.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The reader's end of gesso_memory_report_v1: what the compositor *claims*, as
 * one tree of plain structs. Fed by a Wayland connection; read by model.h.
 */

struct report_connection;

struct report_allocator {
	char *name;
	uint32_t reason; /* enum gesso_reason_code; 0 if offered */
	char *words;
	uint32_t place; /* 1 is asked first; 0 if not offered, or not told */
	char *place_words;
	uint64_t failures; /* how often it gave no memory while it was offered */
	uint32_t failure_reason;
	char *failure_words; /* NULL if that never was */
};

struct report_path {
	bool present;
	uint64_t frames, imports, copied_bytes, texture_bytes;
	uint32_t reason; /* enum gesso_reason_code of the last refusal; 0 if none */
	char *words;     /* NULL unless present */
};

struct report_buffer {
	enum gesso_path path;
	char *allocator; /* empty unless native or shm-import */
	uint32_t kind;   /* 0 dma-buf, 1 memfd or wl_shm pool, 2 other */
	uint64_t inode, size_bytes;
	int width_px, height_px;
	uint32_t fourcc;
	bool shown;
};

struct report_surface {
	enum gesso_path path;
	int width_px, height_px;
	uint32_t reason; /* enum gesso_reason_code: why wl_shm's buffers are uploaded; or 0 */
	char *words;
};

#define REPORT_MAX_BUDGETS 16

/* One bound, and how much of it is used up. */
struct report_budget {
	char name[24]; /* the protocol's */
	uint64_t has, limit;
};

struct report_budgets {
	struct report_budget list[REPORT_MAX_BUDGETS];
	size_t len;
};

struct report_client {
	uint32_t id;
	pid_t pid; /* 0 if unknown */
	char *name;
	uint32_t surfaces;
	uint64_t held_bytes;
	struct report_budgets budgets;
	struct report_path paths[GESSO_PATHS_LEN];
	struct report_buffer *buffers;
	size_t buffers_len;
	struct report_surface *shown;
	size_t shown_len;
};

struct report {
	pid_t pid;        /* as the compositor says */
	pid_t socket_pid; /* as the kernel says of its socket (SO_PEERCRED); 0 if unknown */
	char *renderer, *renderer_reason;
	bool software; /* textures are in the compositor's own memory */
	uint64_t budget_bytes;
	struct report_budgets budgets; /* of all clients together */
	struct report_allocator *allocators;
	size_t allocators_len;
	struct report_client *clients;
	size_t clients_len;
};

#define REPORT_WHY_LEN 256

/*
 * `socket` is a name as in WAYLAND_DISPLAY, or NULL for the environment's own.
 * NULL with `why` set, for people, saying what to do.
 */
struct report_connection *report_connection_open(const char *socket, char why[REPORT_WHY_LEN]);
/* Takes NULL. */
void report_connection_close(struct report_connection *connection);

/*
 * Asks for a report and waits for the whole of it, some seconds at most. The
 * caller destroys it. NULL with `why` set.
 */
struct report *report_connection_take(
	struct report_connection *connection, char why[REPORT_WHY_LEN]);
/* Takes NULL. */
void report_destroy(struct report *report);

#endif
