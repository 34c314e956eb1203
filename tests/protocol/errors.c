/* SPDX-License-Identifier: MIT */
/* Each error of gesso_gpu_memory_buffer_v1, by its interface and code, beside a bystander. */
#include "buffer.h"
#include "case.h"
#include "window.h"
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#define MANAGER "gesso_gpu_memory_buffer_manager_v1"
#define INVALID_SIZE GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_ERROR_INVALID_SIZE
#define POOL_BYTES (20 * 20 * 4)
#define NOT_ALLOCATED GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_ERROR_NOT_ALLOCATED

/* A compositor with an innocent client that shows a native buffer. */
struct scene {
	struct server server;
	struct client bystander, offender;
	struct window window;
	struct buffer buffer;
};

static void scene_begin(struct scene *scene)
{
	server_start(&scene->server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&scene->server);
	client_connect(&scene->bystander, &scene->server);
	window_create(&scene->window, &scene->bystander, "bystander");
	buffer_create_native(&scene->buffer, &scene->bystander, 20, 20, DRM_FORMAT_XRGB8888);
	window_show(&scene->window, &scene->buffer);
	client_connect(&scene->offender, &scene->server);
}

static void scene_end(struct scene *scene)
{
	client_disconnect(&scene->offender);
	surface_commit_wait(&scene->bystander, scene->window.surface, &scene->buffer);
	client_disconnect(&scene->bystander);
	buffer_unmap(&scene->buffer);
	server_check_empty(&scene->server);
	server_stop(&scene->server);
}

static void check_size(int width_px, int height_px)
{
	struct scene scene;
	struct buffer buffer;
	scene_begin(&scene);
	buffer_request(&buffer, &scene.offender, width_px, height_px, DRM_FORMAT_XRGB8888);
	client_expect_error(&scene.offender, MANAGER, INVALID_SIZE);
	scene_end(&scene);
}

CASE(zero_width)
{
	check_size(0, 16);
}

CASE(zero_height)
{
	check_size(16, 0);
}

CASE(negative_width)
{
	check_size(-1, 16);
}

CASE(negative_height)
{
	check_size(16, -1);
}

CASE(too_wide)
{
	check_size(16385, 16);
}

CASE(too_high)
{
	check_size(16, 16385);
}

/* All in one flush: the requests are served before the answer can be. */
CASE(attached_before_the_answer)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	window_create(&window, &scene.offender, "offender");
	buffer_request(&buffer, &scene.offender, 16, 16, DRM_FORMAT_XRGB8888);
	surface_commit(window.surface, &buffer);
	client_expect_error(&scene.offender, MANAGER, NOT_ALLOCATED);
	buffer_unmap(&buffer);
	scene_end(&scene);
}

CASE(attached_after_failed)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	window_create(&window, &scene.offender, "offender");
	buffer_request(&buffer, &scene.offender, 16, 16, DRM_FORMAT_NV12);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	surface_commit(window.surface, &buffer);
	client_expect_error(&scene.offender, MANAGER, NOT_ALLOCATED);
	scene_end(&scene);
}

/* The answer went with its channel: the wl_buffer has no memory, for good. */
CASE(attached_without_an_answer)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	window_create(&window, &scene.offender, "offender");
	buffer_request(&buffer, &scene.offender, 16, 16, DRM_FORMAT_XRGB8888);
	gesso_gpu_memory_buffer_v1_destroy(buffer.answer);
	buffer.answer = NULL;
	client_roundtrip(&scene.offender);
	client_roundtrip(&scene.offender);
	surface_commit(window.surface, &buffer);
	client_expect_error(&scene.offender, MANAGER, NOT_ALLOCATED);
	scene_end(&scene);
}

CASE(attached_without_a_manager)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	window_create(&window, &scene.offender, "offender");
	buffer_request(&buffer, &scene.offender, 16, 16, DRM_FORMAT_NV12);
	buffer_wait_answer(&buffer);
	gesso_gpu_memory_buffer_manager_v1_destroy(scene.offender.manager);
	scene.offender.manager = NULL;
	surface_commit(window.surface, &buffer);
	client_expect_error(&scene.offender, "wl_buffer", NOT_ALLOCATED);
	scene_end(&scene);
}

CASE(second_wl_buffer)
{
	struct scene scene;
	struct buffer buffer;
	scene_begin(&scene);
	buffer_create_native(&buffer, &scene.offender, 16, 16, DRM_FORMAT_XRGB8888);
	gesso_gpu_memory_buffer_v1_get_buffer(buffer.answer);
	client_expect_error(&scene.offender, "gesso_gpu_memory_buffer_v1",
		GESSO_GPU_MEMORY_BUFFER_V1_ERROR_ALREADY_MADE);
	buffer_unmap(&buffer);
	scene_end(&scene);
}

CASE(second_wl_buffer_after_the_first_is_gone)
{
	struct scene scene;
	struct buffer buffer;
	scene_begin(&scene);
	buffer_create_native(&buffer, &scene.offender, 16, 16, DRM_FORMAT_XRGB8888);
	wl_buffer_destroy(buffer.wl_buffer);
	gesso_gpu_memory_buffer_v1_get_buffer(buffer.answer);
	client_expect_error(&scene.offender, "gesso_gpu_memory_buffer_v1",
		GESSO_GPU_MEMORY_BUFFER_V1_ERROR_ALREADY_MADE);
	buffer_unmap(&buffer);
	scene_end(&scene);
}

/* A wl_shm buffer in a pool over a file of `file_bytes`, on a window. Returns the file. */
static int show_pool(
	struct scene *scene, struct window *window, struct buffer *buffer, off_t file_bytes)
{
	struct client *client = &scene->offender;
	window_create(window, client, "offender");
	int fd = memfd_create("short-pool", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, file_bytes), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, POOL_BYTES);
	*buffer = (struct buffer){.width_px = 20,
		.height_px = 20,
		.fourcc = DRM_FORMAT_XRGB8888,
		.stride_bytes = POOL_BYTES / 20};
	buffer_create_in_pool(buffer, client, pool, dup(fd));
	wl_shm_pool_destroy(pool);
	surface_commit(window->surface, buffer);
	return fd;
}

CASE(pool_beyond_its_file)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	close(show_pool(&scene, &window, &buffer, POOL_BYTES - 1));
	client_expect_error(&scene.offender, "wl_buffer", WL_SHM_ERROR_INVALID_FD);
	buffer_unmap(&buffer);
	scene_end(&scene);
}

/* What is shown reads as zeros; the next commit is the error. */
CASE(pool_truncated_behind_its_commit)
{
	struct scene scene;
	struct window window;
	struct buffer buffer;
	scene_begin(&scene);
	int fd = show_pool(&scene, &window, &buffer, POOL_BYTES);
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(ftruncate(fd, 12), 0);
	close(fd);
	surface_commit_wait(&scene.bystander, scene.window.surface, &scene.buffer);
	client_roundtrip(&scene.offender);
	surface_commit(window.surface, &buffer);
	client_expect_error(&scene.offender, "wl_buffer", WL_SHM_ERROR_INVALID_FD);
	buffer_unmap(&buffer);
	scene_end(&scene);
}
