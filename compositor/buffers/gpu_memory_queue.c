/* SPDX-License-Identifier: MIT */
#include "buffers/gpu_memory_queue.h"
#include <limits.h>
#include <stdlib.h>

/* Lives as long as its wl_client, whose requests go between the two signals. */
struct gpu_memory_row {
	struct wl_list link; /* gpu_memory_queue.waiting; empty unless there are places */
	struct gpu_memory_queue *queue;
	struct wl_list places; /* gpu_memory_place.link */
	size_t entered, waiting;
	struct wl_listener destroy_late;
};

static void row_handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct gpu_memory_row *row = wl_container_of(listener, row, destroy_late);
	wl_list_remove(&row->link);
	wl_list_remove(&row->destroy_late.link);
	free(row);
}

static struct gpu_memory_row *row_get(struct gpu_memory_queue *queue, struct wl_client *client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_late_listener(client, row_handle_client_destroy);
	struct gpu_memory_row *row;
	if (listener != NULL) {
		return wl_container_of(listener, row, destroy_late);
	}
	row = calloc(1, sizeof(*row));
	if (row != NULL) {
		row->queue = queue;
		wl_list_init(&row->link);
		wl_list_init(&row->places);
		row->destroy_late.notify = row_handle_client_destroy;
		wl_client_add_destroy_late_listener(client, &row->destroy_late);
	}
	return row;
}

void gpu_memory_queue_init(struct gpu_memory_queue *queue)
{
	wl_list_init(&queue->waiting);
}

bool gpu_memory_queue_enter(
	struct gpu_memory_queue *queue, struct wl_client *client, struct gpu_memory_place *place)
{
	wl_list_init(&place->link);
	place->row = row_get(queue, client);
	if (place->row == NULL) {
		return false;
	}
	place->row->entered++;
	return true;
}

void gpu_memory_queue_wait(struct gpu_memory_place *place)
{
	struct gpu_memory_row *row = place->row;
	if (row->waiting++ == 0) {
		wl_list_insert(row->queue->waiting.prev, &row->link);
	}
	wl_list_insert(row->places.prev, &place->link);
}

void gpu_memory_queue_take(struct gpu_memory_place *place)
{
	struct gpu_memory_row *row = place->row;
	if (wl_list_empty(&place->link)) {
		return;
	}
	wl_list_remove(&place->link);
	wl_list_init(&place->link);
	if (--row->waiting == 0) {
		wl_list_remove(&row->link);
		wl_list_init(&row->link);
	}
}

void gpu_memory_queue_leave(struct gpu_memory_place *place)
{
	if (place->row != NULL) {
		gpu_memory_queue_take(place);
		place->row->entered--;
		place->row = NULL;
	}
}

size_t gpu_memory_queue_entered(const struct gpu_memory_place *place)
{
	return place->row->entered;
}

size_t gpu_memory_queue_waiting(const struct gpu_memory_place *place)
{
	return place->row->waiting;
}

bool gpu_memory_queue_is_empty(const struct gpu_memory_queue *queue)
{
	return wl_list_empty(&queue->waiting);
}

struct gpu_memory_place *gpu_memory_queue_next(struct gpu_memory_queue *queue,
	int (*wait_ms_of)(struct gpu_memory_place *place), int *wait_ms)
{
	struct gpu_memory_row *row;
	*wait_ms = INT_MAX;
	wl_list_for_each(row, &queue->waiting, link) {
		struct gpu_memory_place *first = wl_container_of(row->places.next, first, link);
		int own_ms = wait_ms_of(first);
		*wait_ms = own_ms < *wait_ms ? own_ms : *wait_ms;
		if (own_ms == 0) {
			wl_list_remove(&row->link);
			wl_list_insert(queue->waiting.prev, &row->link);
			return first;
		}
	}
	return NULL;
}
