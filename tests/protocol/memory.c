/* SPDX-License-Identifier: MIT */
/* What 'allocated' promises of the memory, and that it goes when its objects go. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010, DRM_FORMAT_XBGR2101010};

#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

static uint64_t held_bytes(struct client *client)
{
	struct report report;
	report_read(&report, client);
	return report_held_bytes(&report);
}

/* Each case has a compositor and a client, and in the end neither holds any memory. */
struct scene {
	struct server server;
	struct client client;
};

static void scene_begin(struct scene *scene)
{
	const char *allocator = case_fixture("allocator");
	case_need_allocator(allocator);
	server_start(&scene->server, "--renderer %s --allocator %s --size 64x64",
		case_fixture("renderer"), allocator);
	server_warm_up(&scene->server);
	client_connect(&scene->client, &scene->server);
}

static void scene_end(struct scene *scene)
{
	client_roundtrip(&scene->client);
	CHECK_EQUAL(held_bytes(&scene->client), 0);
	client_disconnect(&scene->client);
	server_check_empty(&scene->server);
	server_stop(&scene->server);
}

static bool is_zero(const struct buffer *buffer)
{
	for (size_t i = 0; i < buffer->size_bytes; i++) {
		if (buffer->map[i] != 0) {
			return false;
		}
	}
	return true;
}

static void check_memfd(const struct buffer *buffer)
{
	CHECK_EQUAL(buffer->kind, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD);
	CHECK_EQUAL(fcntl(buffer->fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	CHECK(ftruncate(buffer->fd, 0) < 0 && errno == EPERM);
}

static void check_dmabuf(const struct buffer *buffer)
{
	struct statfs status;
	CHECK_EQUAL(buffer->kind, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF);
	CHECK_EQUAL(fstatfs(buffer->fd, &status), 0);
	CHECK_EQUAL(status.f_type, DMA_BUF_MAGIC);
	CHECK(ftruncate(buffer->fd, 0) < 0);
	CHECK(fcntl(buffer->fd, F_GET_SEALS) < 0);
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};
	CHECK_EQUAL(ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	CHECK_EQUAL(ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
}

static void check_descriptor(const struct client *client, const struct buffer *buffer)
{
	const struct client_allocator *announced = client_find_allocator(client, buffer->allocator);
	struct stat status;
	CHECK_EQUAL(fstat(buffer->fd, &status), 0);
	CHECK_EQUAL(buffer->size_bytes, status.st_size);
	CHECK_STRING(buffer->allocator, case_fixture("allocator"));
	CHECK(announced != NULL);
	CHECK_EQUAL(buffer->cached, announced->cached);
	CHECK_EQUAL(buffer->modifier, DRM_FORMAT_MOD_LINEAR);
	CHECK_EQUAL(fcntl(buffer->fd, F_GETFL) & O_ACCMODE, O_RDWR);
	if (strcmp(buffer->allocator, "memfd") == 0) {
		check_memfd(buffer);
	} else {
		check_dmabuf(buffer);
	}
}

CASE(allocated_keeps_its_word)
{
	static const int sizes[][2] = {{1, 1}, {37, 29}, {64, 64}, {131, 77}, {1, 600}, {900, 1}};
	struct scene scene;
	scene_begin(&scene);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) * FORMATS_LEN; i++) {
		int width_px = sizes[i / FORMATS_LEN][0], height_px = sizes[i / FORMATS_LEN][1];
		struct buffer buffer;
		buffer_request(
			&buffer, &scene.client, width_px, height_px, formats[i % FORMATS_LEN]);
		buffer_wait_answer(&buffer);
		CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
		CHECK_INT(>=, buffer.stride_bytes,
			(uint32_t)width_px * buffer_bytes_per_pixel(buffer.fourcc));
		CHECK_INT(>=, buffer.size_bytes,
			buffer.offset_bytes + (size_t)buffer.stride_bytes * (size_t)height_px);
		check_descriptor(&scene.client, &buffer);
		buffer_map(&buffer);
		CHECK(is_zero(&buffer));
		buffer_destroy(&buffer);
	}
	scene_end(&scene);
}

CASE(no_residue_for_the_next_client)
{
	struct scene scene;
	struct client second;
	scene_begin(&scene);
	for (int round = 0; round < 8; round++) {
		struct buffer painted, fresh;
		buffer_create_native(&painted, &scene.client, 131, 77, DRM_FORMAT_XRGB8888);
		memset(painted.map, 0xa5, painted.size_bytes);
		buffer_destroy(&painted);
		client_roundtrip(&scene.client);
		client_connect(&second, &scene.server);
		buffer_create_native(&fresh, &second, 131, 77, DRM_FORMAT_XRGB8888);
		CHECK(is_zero(&fresh));
		buffer_destroy(&fresh);
		client_roundtrip(&second);
		client_disconnect(&second);
	}
	scene_end(&scene);
}

CASE(report_tells_what_is_held)
{
	struct scene scene;
	scene_begin(&scene);
	struct buffer buffers[FORMATS_LEN];
	uint64_t held = 0;
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		buffer_create_native(&buffers[i], &scene.client, 50 + (int)i, 41, formats[i]);
		held += buffers[i].size_bytes;
	}
	struct report report;
	report_read(&report, &scene.client);
	CHECK_EQUAL(report.pid, scene.server.pid);
	CHECK_EQUAL(report_held_bytes(&report), held);
	CHECK_EQUAL(report.buffers_len, FORMATS_LEN);
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		const struct report_buffer *entry = report_find_buffer(&report, buffers[i].inode);
		CHECK(entry != NULL);
		CHECK_EQUAL(entry->path, GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
		CHECK_STRING(entry->allocator, buffers[i].allocator);
		CHECK_EQUAL(entry->kind, buffers[i].kind);
		CHECK_EQUAL(entry->size_bytes, buffers[i].size_bytes);
		CHECK_EQUAL(entry->width_px, buffers[i].width_px);
		CHECK_EQUAL(entry->height_px, buffers[i].height_px);
		CHECK_EQUAL(entry->format, buffers[i].fourcc);
		CHECK_EQUAL(entry->shown, 0);
		buffer_destroy(&buffers[i]);
	}
	scene_end(&scene);
}

CASE(destroyed_answer_first)
{
	struct scene scene;
	scene_begin(&scene);
	struct buffer buffer;
	buffer_create_native(&buffer, &scene.client, 16, 16, DRM_FORMAT_XRGB8888);
	gesso_gpu_memory_buffer_v1_destroy(buffer.answer);
	buffer.answer = NULL;
	client_roundtrip(&scene.client);
	CHECK_EQUAL(held_bytes(&scene.client), buffer.size_bytes);
	struct window window;
	window_create(&window, &scene.client, "answer first");
	window_show(&window, &buffer);
	window_destroy(&window);
	buffer_destroy(&buffer);
	scene_end(&scene);
}

/* The memory lives until both objects are gone. */
CASE(destroyed_wl_buffer_first)
{
	struct scene scene;
	scene_begin(&scene);
	struct buffer buffer;
	buffer_create_native(&buffer, &scene.client, 16, 16, DRM_FORMAT_XRGB8888);
	wl_buffer_destroy(buffer.wl_buffer);
	buffer.wl_buffer = NULL;
	client_roundtrip(&scene.client);
	CHECK_EQUAL(held_bytes(&scene.client), buffer.size_bytes);
	buffer_destroy(&buffer);
	scene_end(&scene);
}

CASE(destroyed_wl_buffer_before_the_answer)
{
	struct scene scene;
	scene_begin(&scene);
	struct buffer buffer;
	buffer_request(&buffer, &scene.client, 16, 16, DRM_FORMAT_XRGB8888);
	wl_buffer_destroy(buffer.wl_buffer);
	buffer.wl_buffer = NULL;
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
	buffer_destroy(&buffer);
	scene_end(&scene);
}

CASE(destroyed_before_the_answer)
{
	struct scene scene;
	scene_begin(&scene);
	for (int i = 0; i < 100; i++) {
		struct buffer buffer;
		buffer_request(&buffer, &scene.client, 200, 200, DRM_FORMAT_XRGB8888);
		buffer_destroy(&buffer);
	}
	client_roundtrip(&scene.client);
	scene_end(&scene);
}

CASE(destroyed_while_attached)
{
	struct scene scene;
	scene_begin(&scene);
	struct window window;
	struct buffer buffer;
	window_create(&window, &scene.client, "attached");
	buffer_create_native(&buffer, &scene.client, 16, 16, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	size_t size_bytes = buffer.size_bytes;
	uint64_t inode = buffer.inode;
	buffer_destroy(&buffer);
	client_roundtrip(&scene.client);
	/* It is shown still, and so it is held still. */
	CHECK_EQUAL(held_bytes(&scene.client), size_bytes);
	struct buffer next;
	buffer_create_native(&next, &scene.client, 16, 16, DRM_FORMAT_XRGB8888);
	window_show(&window, &next);
	window_show(&window, &next);
	CHECK_EQUAL(held_bytes(&scene.client), next.size_bytes);
	CHECK_EQUAL(proc_mappings_of(scene.server.pid, inode).count, 0);
	window_destroy(&window);
	buffer_destroy(&next);
	scene_end(&scene);
}

CASE(never_made_a_wl_buffer)
{
	struct scene scene;
	scene_begin(&scene);
	struct gesso_gpu_memory_buffer_v1 *memory =
		gesso_gpu_memory_buffer_manager_v1_create_buffer(
			scene.client.manager, 16, 16, DRM_FORMAT_NV12);
	client_roundtrip(&scene.client);
	gesso_gpu_memory_buffer_v1_destroy(memory);
	scene_end(&scene);
}

CASE(outlives_its_manager)
{
	struct scene scene;
	scene_begin(&scene);
	struct gesso_gpu_memory_buffer_manager_v1 *second = client_bind_manager(&scene.client);
	struct buffer buffer;
	buffer_request_on(&buffer, &scene.client, second, 16, 16, DRM_FORMAT_XRGB8888);
	gesso_gpu_memory_buffer_manager_v1_destroy(second);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
	buffer_map(&buffer);
	struct window window;
	window_create(&window, &scene.client, "outlives");
	window_show(&window, &buffer);
	window_destroy(&window);
	buffer_destroy(&buffer);
	scene_end(&scene);
}
