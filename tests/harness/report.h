/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORT_H
#define TESTS_REPORT_H

#include "client.h"

/*
 * One gesso_memory_report_v1, as it came. Clients of a case share a pid, so sums
 * are over the whole report or over those of one name.
 */

#define REPORT_MAX 1024

struct report_client {
	uint32_t id;
	int pid;
	char name[64];
	uint32_t surfaces;
	uint64_t held_bytes;
};

struct report_path {
	uint32_t client, path;
	uint64_t frames, imports, copied_bytes, texture_bytes;
	uint32_t reason;
	char words[200];
};

struct report_buffer {
	uint32_t client, path, kind, format, shown;
	char allocator[32];
	uint64_t inode, size_bytes;
	int width_px, height_px;
};

struct report_surface {
	uint32_t client, path, reason;
	int width_px, height_px;
	char words[200];
};

struct report_budget {
	uint32_t client; /* 0: all together */
	char name[24];
	uint64_t has, limit;
};

/* What is told of an allocator beside its state; 0 and empty where nothing is. */
struct report_order {
	uint32_t place; /* 1 is asked first */
	char place_words[128];
	uint64_t failures;
	uint32_t reason; /* of the last of them */
	char words[200];
};

struct report {
	int pid;
	char renderer[128], renderer_reason[200];
	uint32_t software;
	uint64_t budget_bytes;
	struct client_allocator allocators[CLIENT_MAX_LINKS];
	struct report_order orders[CLIENT_MAX_LINKS]; /* of the same */
	struct report_client clients[REPORT_MAX];
	struct report_path paths[REPORT_MAX];
	struct report_buffer buffers[REPORT_MAX];
	struct report_surface surfaces[REPORT_MAX];
	struct report_budget budgets[REPORT_MAX];
	size_t allocators_len, clients_len, paths_len, buffers_len, surfaces_len, budgets_len;
	bool done;
};

void report_read(struct report *report, struct client *client);

/* Sums over all clients. */
uint64_t report_held_bytes(const struct report *report);
struct report_path report_sum(const struct report *report, enum gesso_memory_report_v1_path path);

/* Of the allocator `name`, which there is. */
const struct report_order *report_find_order(const struct report *report, const char *name);
/* NULL if there is none. */
const struct report_buffer *report_find_buffer(const struct report *report, uint64_t inode);
/* The first surface that shows a buffer of that size. */
const struct report_surface *report_find_surface(
	const struct report *report, int width_px, int height_px);
/* Of the client with that id; those beyond REPORT_MAX are not kept. NULL if there is none. */
const struct report_budget *report_find_budget(
	const struct report *report, uint32_t client, const char *name);
const struct report_client *report_find_client(const struct report *report, const char *name);

#endif
