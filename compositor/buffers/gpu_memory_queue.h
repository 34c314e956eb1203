/* SPDX-License-Identifier: MIT */
#ifndef GESSO_GPU_MEMORY_QUEUE_H
#define GESSO_GPU_MEMORY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

/*
 * The requests of path native that wait to be served: a row for each client, first come
 * first served in it, and the clients in turn. However many requests one client has, it
 * takes a look at the first of each client's to find the next.
 *
 *   waiting ─┬─ row of A: place, place …     A is served, and goes behind B
 *            └─ row of B: place …
 */

struct gpu_memory_row;

struct gpu_memory_queue {
	struct wl_list waiting; /* gpu_memory_row.link, who is next first */
};

/* A request's. Embedded in it. */
struct gpu_memory_place {
	struct wl_list link; /* empty unless it waits */
	struct gpu_memory_row *row;
};

void gpu_memory_queue_init(struct gpu_memory_queue *queue);

/* Counts the request as the client's, without having it wait. False on no memory. */
bool gpu_memory_queue_enter(
	struct gpu_memory_queue *queue, struct wl_client *client, struct gpu_memory_place *place);
/* Has it wait, behind the client's others. */
void gpu_memory_queue_wait(struct gpu_memory_place *place);
/* It waits no more, if it did. */
void gpu_memory_queue_take(struct gpu_memory_place *place);
/* It is the client's no more. */
void gpu_memory_queue_leave(struct gpu_memory_place *place);

/* How many requests of the same client there are, and how many of these wait. */
size_t gpu_memory_queue_entered(const struct gpu_memory_place *place);
size_t gpu_memory_queue_waiting(const struct gpu_memory_place *place);

bool gpu_memory_queue_is_empty(const struct gpu_memory_queue *queue);

/*
 * The first request of the client whose turn it is; of those for which `wait_ms_of` says 0.
 * NULL, with the shortest wait, if all must wait. Take it before the next is asked for.
 */
struct gpu_memory_place *gpu_memory_queue_next(struct gpu_memory_queue *queue,
	int (*wait_ms_of)(struct gpu_memory_place *place), int *wait_ms);

#endif
