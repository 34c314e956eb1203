/* SPDX-License-Identifier: MIT */
#include "buffers/gpu_memory_queue.h"
#include "case.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 3
#define MANY 100000

struct request {
	struct gpu_memory_place place;
	int wait_ms;
};

struct fixture {
	struct wl_display *display;
	struct wl_client *clients[CLIENTS];
	int peers[CLIENTS];
	struct gpu_memory_queue queue;
};

static size_t asked;

static int wait_ms_of(struct gpu_memory_place *place)
{
	const struct request *request = wl_container_of(place, request, place);
	asked++;
	return request->wait_ms;
}

static void begin(struct fixture *fixture)
{
	fixture->display = wl_display_create();
	CHECK(fixture->display != NULL);
	for (int i = 0; i < CLIENTS; i++) {
		int sockets[2];
		CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
		fixture->clients[i] = wl_client_create(fixture->display, sockets[0]);
		CHECK(fixture->clients[i] != NULL);
		fixture->peers[i] = sockets[1];
	}
	gpu_memory_queue_init(&fixture->queue);
}

static void end(struct fixture *fixture)
{
	CHECK(gpu_memory_queue_is_empty(&fixture->queue));
	wl_display_destroy_clients(fixture->display);
	wl_display_destroy(fixture->display);
	for (int i = 0; i < CLIENTS; i++) {
		close(fixture->peers[i]);
	}
}

static void add(struct fixture *fixture, int client, struct request *request)
{
	CHECK(gpu_memory_queue_enter(&fixture->queue, fixture->clients[client], &request->place));
	gpu_memory_queue_wait(&request->place);
}

static const struct request *serve(struct fixture *fixture, int *wait_ms)
{
	struct gpu_memory_place *place =
		gpu_memory_queue_next(&fixture->queue, wait_ms_of, wait_ms);
	if (place == NULL) {
		return NULL;
	}
	const struct request *request = wl_container_of(place, request, place);
	gpu_memory_queue_take(place);
	gpu_memory_queue_leave(place);
	return request;
}

CASE(clients_have_turns)
{
	struct fixture fixture;
	struct request requests[CLIENTS][3] = {0};
	int wait_ms;
	begin(&fixture);
	for (int i = 0; i < CLIENTS; i++) {
		for (int j = 0; j < 3; j++) {
			add(&fixture, i, &requests[i][j]);
		}
	}
	CHECK_EQUAL(gpu_memory_queue_waiting(&requests[0][0].place), 3);
	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < CLIENTS; i++) {
			CHECK(serve(&fixture, &wait_ms) == &requests[i][j]);
		}
	}
	CHECK(serve(&fixture, &wait_ms) == NULL);
	end(&fixture);
}

/* One that was just served comes after those that were not, however often it asks. */
CASE(newcomer_is_next)
{
	struct fixture fixture;
	struct request first[3] = {0}, second = {0};
	int wait_ms;
	begin(&fixture);
	for (int i = 0; i < 3; i++) {
		add(&fixture, 0, &first[i]);
	}
	CHECK(serve(&fixture, &wait_ms) == &first[0]);
	add(&fixture, 1, &second);
	CHECK(serve(&fixture, &wait_ms) == &first[1]);
	CHECK(serve(&fixture, &wait_ms) == &second);
	CHECK(serve(&fixture, &wait_ms) == &first[2]);
	end(&fixture);
}

CASE(who_must_wait_holds_up_nobody)
{
	struct fixture fixture;
	struct request waits[2] = {{.wait_ms = 70}, {.wait_ms = 0}}, longer = {.wait_ms = 90},
		       ready = {0};
	int wait_ms;
	begin(&fixture);
	add(&fixture, 0, &waits[0]);
	add(&fixture, 0, &waits[1]);
	add(&fixture, 1, &longer);
	add(&fixture, 2, &ready);
	CHECK(serve(&fixture, &wait_ms) == &ready);
	CHECK(serve(&fixture, &wait_ms) == NULL);
	CHECK_EQUAL(wait_ms, 70);
	waits[0].wait_ms = 0;
	CHECK(serve(&fixture, &wait_ms) == &waits[0]);
	CHECK(serve(&fixture, &wait_ms) == &waits[1]);
	gpu_memory_queue_leave(&longer.place);
	end(&fixture);
}

/* What one client asks for has no part in what finding the next request takes. */
CASE(many_of_one_client)
{
	struct fixture fixture;
	struct request *many = calloc(MANY, sizeof(*many)), other = {0};
	int wait_ms;
	CHECK(many != NULL);
	begin(&fixture);
	for (size_t i = 0; i < MANY; i++) {
		many[i].wait_ms = 5;
		add(&fixture, 0, &many[i]);
	}
	CHECK_EQUAL(gpu_memory_queue_entered(&many[0].place), MANY);
	asked = 0;
	CHECK(serve(&fixture, &wait_ms) == NULL);
	CHECK_EQUAL(asked, 1);
	add(&fixture, 1, &other);
	CHECK(serve(&fixture, &wait_ms) == &other);
	CHECK_EQUAL(asked, 3);
	for (size_t i = 0; i < MANY; i++) {
		gpu_memory_queue_leave(&many[i].place);
	}
	end(&fixture);
	free(many);
}
