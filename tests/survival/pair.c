/* SPDX-License-Identifier: MIT */
#include "pair.h"
#include "case.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

void pair_begin(struct pair *pair, const char *options)
{
	const char *renderer = case_try_fixture("renderer");
	const char *allocator = case_try_fixture("allocator");
	allocator = allocator != NULL ? allocator : "memfd";
	case_need_allocator(allocator);
	server_start(&pair->server, "--renderer %s --allocator %s --size 64x64 %s",
		renderer != NULL ? renderer : "pixman", allocator, options);
	server_warm_up(&pair->server);
	client_connect(&pair->bystander, &pair->server);
	window_create(&pair->window, &pair->bystander, "bystander");
	buffer_create_shm(&pair->buffer, &pair->bystander, 32, 32, DRM_FORMAT_XRGB8888);
	window_show(&pair->window, &pair->buffer);
	client_connect(&pair->offender, &pair->server);
}

void pair_end(struct pair *pair)
{
	window_show(&pair->window, &pair->buffer);
	window_destroy(&pair->window);
	buffer_destroy(&pair->buffer);
	client_roundtrip(&pair->bystander);
	client_disconnect(&pair->bystander);
	client_disconnect(&pair->offender);
	server_check_empty(&pair->server);
	server_check_alive(&pair->server);
	server_stop(&pair->server);
}

/* ENOMEM is libwayland's word for it. */
void pair_expect_no_memory(struct client *client)
{
	while (wl_display_dispatch(client->display) >= 0) {
	}
	CHECK_EQUAL(wl_display_get_error(client->display), ENOMEM);
}

const struct report_budget *pair_budget_of(
	struct report *report, struct client *asker, const char *name, const char *what)
{
	report_read(report, asker);
	const struct report_client *client = report_find_client(report, name);
	CHECK(client != NULL);
	const struct report_budget *budget = report_find_budget(report, client->id, what);
	CHECK(budget != NULL);
	return budget;
}

void pair_make_pool(struct client *client, struct wl_buffer **buffer)
{
	int fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, 4096), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	*buffer = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
}
