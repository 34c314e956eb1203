/* SPDX-License-Identifier: MIT */
/* Descriptors that a client leaves in the compositor, and what stops it. */
#include "case.h"
#include "dmabuf.h"
#include "proc.h"
#include "scene.h"
#include <errno.h>
#include <unistd.h>

#define MOST_PLANES 64

static struct zwp_linux_buffer_params_v1 *add_planes(struct client *client, int fd, uint32_t len)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	for (uint32_t plane = 0; plane < len; plane++) {
		zwp_linux_buffer_params_v1_add(params, fd, plane, 0, 256, 0, 0);
	}
	return params;
}

/* Returns the compositor's descriptors once the output has all the buffers that it needs. */
static int begin(struct scene *scene)
{
	scene_begin(scene);
	for (int i = 0; i < 4; i++) {
		surface_commit_wait(&scene->bystander, scene->window.surface, &scene->buffer);
	}
	client_roundtrip(&scene->offender);
	return proc_count_descriptors(scene->server.pid);
}

/* The offender's connection and all that it sent are gone. */
static void wait_below(struct scene *scene, int idle)
{
	while (proc_count_descriptors(scene->server.pid) >= idle) {
		usleep(10000); /* the case's alarm bounds it */
	}
}

/* libwayland's word for wl_display.error no_memory. */
static void expect_no_memory(struct client *client)
{
	while (wl_display_dispatch(client->display) >= 0) {
	}
	CHECK_EQUAL(wl_display_get_error(client->display), ENOMEM);
}

/* Each plane of params is a descriptor in the compositor, until a buffer is made or they go. */
CASE(planes_hoarded_in_params)
{
	struct scene scene;
	struct zwp_linux_buffer_params_v1 *kept[MOST_PLANES / 4 + 1];
	int idle = begin(&scene);
	int fd = dmabuf_open("memfd", 16384);
	for (size_t i = 0; i < MOST_PLANES / 4; i++) {
		kept[i] = add_planes(&scene.offender, fd, 4);
	}
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(proc_count_descriptors(scene.server.pid), idle + MOST_PLANES);
	surface_commit_wait(&scene.bystander, scene.window.surface, &scene.buffer);

	kept[MOST_PLANES / 4] = add_planes(&scene.offender, fd, 1);
	expect_no_memory(&scene.offender);
	for (size_t i = 0; i <= MOST_PLANES / 4; i++) {
		zwp_linux_buffer_params_v1_destroy(kept[i]);
	}
	client_disconnect(&scene.offender);
	wait_below(&scene, idle);
	close(fd);
	scene_end(&scene);
}

/* Those that are given back, or were asked to be a buffer, do not count. */
CASE(planes_given_back_do_not_count)
{
	struct scene scene;
	int idle = begin(&scene);
	int fd = dmabuf_open("memfd", 16384);
	for (size_t i = 0; i < 5 * MOST_PLANES; i++) {
		struct zwp_linux_buffer_params_v1 *params = add_planes(&scene.offender, fd, 1);
		if (i % 2 == 0) {
			zwp_linux_buffer_params_v1_create(params, 16, 16, 0x34325258, 0);
			client_roundtrip(&scene.offender);
		}
		zwp_linux_buffer_params_v1_destroy(params);
	}
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(proc_count_descriptors(scene.server.pid), idle);
	close(fd);
	scene_end(&scene);
}
