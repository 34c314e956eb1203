/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "fake_server.h"
#include "gesso-gpu-memory-buffer-v1-protocol.h"
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

static void answer_get_buffer(struct wl_client *client, struct wl_resource *answer, uint32_t id)
{
	fake_create_buffer(wl_resource_get_user_data(answer), id);
}

static const struct gesso_gpu_memory_buffer_v1_interface answer_implementation = {
	.destroy = fake_destroy_resource,
	.get_buffer = answer_get_buffer,
};

static void send_allocated(
	struct fake_server *server, struct wl_resource *answer, int width, int height)
{
	uint32_t stride = ((uint32_t)width * 4 + 255) & ~255u, offset = 64;
	uint32_t size = offset + stride * (uint32_t)height;
	int fd = memfd_create("fake", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(ftruncate(fd, server->answer == FAKE_ANSWER_SHORT ? size - 1 : size) == 0);
	bool dmabuf = server->answer == FAKE_ANSWER_DMABUF;
	gesso_gpu_memory_buffer_v1_send_allocated(answer, fd,
		dmabuf ? GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF
		       : GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD,
		0, size, offset, stride, 0, 0, server->answer != FAKE_ANSWER_UNCACHED, "fake");
	close(fd);
}

static void manager_create_buffer(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, int32_t width, int32_t height, uint32_t format)
{
	struct fake_server *server = wl_resource_get_user_data(manager);
	struct wl_resource *answer =
		wl_resource_create(client, &gesso_gpu_memory_buffer_v1_interface, 1, id);
	wl_resource_set_implementation(answer, &answer_implementation, server, NULL);
	server->requests++;
	bool over = server->allocations_max && server->requests > server->allocations_max;
	if (server->answer == FAKE_ANSWER_NEVER)
		return;
	if (server->answer == FAKE_ANSWER_FAIL || over)
		gesso_gpu_memory_buffer_v1_send_failed(
			answer, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_OVER_BUDGET, "too dear");
	else
		send_allocated(server, answer, width, height);
}

static const struct gesso_gpu_memory_buffer_manager_v1_interface manager_implementation = {
	.destroy = fake_destroy_resource,
	.create_buffer = manager_create_buffer,
};

void fake_send_batch(struct fake_server *server, bool offer)
{
	struct wl_resource *manager = server->manager;
	if (offer) {
		gesso_gpu_memory_buffer_manager_v1_send_allocator(manager, "fake", 1, 1);
		gesso_gpu_memory_buffer_manager_v1_send_format(manager, DRM_FORMAT_XRGB8888);
		gesso_gpu_memory_buffer_manager_v1_send_format(manager, DRM_FORMAT_RGB565);
	} else {
		gesso_gpu_memory_buffer_manager_v1_send_refusal(manager, "fake",
			server->pending ? GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PENDING
					: GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_DISABLED,
			"not today");
	}
	gesso_gpu_memory_buffer_manager_v1_send_done(manager);
}

void fake_bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct fake_server *server = data;
	server->manager = wl_resource_create(
		client, &gesso_gpu_memory_buffer_manager_v1_interface, (int)version, id);
	wl_resource_set_implementation(server->manager, &manager_implementation, server, NULL);
	if (!server->no_batch)
		fake_send_batch(server, !server->pending);
}
