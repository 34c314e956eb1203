/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "fake_server.h"
#include "linux-dmabuf-v1-protocol.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static void handle_params_destroy(struct wl_resource *params)
{
	struct fake_server *server = wl_resource_get_user_data(params);
	server->dmabuf.params_alive--;
	if (server->dmabuf.unanswered == params)
		server->dmabuf.unanswered = NULL;
}

static void params_add(struct wl_client *client, struct wl_resource *params, int32_t fd,
	uint32_t plane, uint32_t offset, uint32_t stride, uint32_t modifier_hi,
	uint32_t modifier_lo)
{
	struct fake_server *server = wl_resource_get_user_data(params);
	CHECK_EQUAL(plane, 0);
	CHECK_EQUAL(offset, 0);
	server->dmabuf.stride_bytes = stride;
	server->dmabuf.modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	server->dmabuf.size_bytes = lseek(fd, 0, SEEK_END);
	if (server->dmabuf.fd > 0)
		close(server->dmabuf.fd);
	server->dmabuf.fd = fd;
}

void fake_answer_dmabuf(struct fake_server *server, bool created)
{
	struct wl_resource *params = server->dmabuf.unanswered;
	CHECK(params);
	server->dmabuf.unanswered = NULL;
	if (!created) {
		zwp_linux_buffer_params_v1_send_failed(params);
		return;
	}
	zwp_linux_buffer_params_v1_send_created(params, fake_create_buffer(server, 0));
}

static void params_create(struct wl_client *client, struct wl_resource *params, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t flags)
{
	struct fake_server *server = wl_resource_get_user_data(params);
	struct fake_dmabuf *dmabuf = &server->dmabuf;
	CHECK_EQUAL(fourcc, DRM_FORMAT_XRGB8888);
	CHECK_EQUAL(flags, 0);
	CHECK(dmabuf->stride_bytes * (uint32_t)height <= dmabuf->size_bytes);
	dmabuf->requests++;
	dmabuf->unanswered = params;
	bool over = dmabuf->buffers_max && dmabuf->requests > dmabuf->buffers_max;
	if (dmabuf->answer != FAKE_DMABUF_NEVER)
		fake_answer_dmabuf(server, dmabuf->answer == FAKE_DMABUF_CREATED && !over);
}

static const struct zwp_linux_buffer_params_v1_interface params_implementation = {
	.destroy = fake_destroy_resource,
	.add = params_add,
	.create = params_create,
};

static void create_params(struct wl_client *client, struct wl_resource *global, uint32_t id)
{
	struct fake_server *server = wl_resource_get_user_data(global);
	struct wl_resource *params = wl_resource_create(
		client, &zwp_linux_buffer_params_v1_interface, wl_resource_get_version(global), id);
	wl_resource_set_implementation(
		params, &params_implementation, server, handle_params_destroy);
	server->dmabuf.params_alive++;
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_implementation = {
	.destroy = fake_destroy_resource,
};

struct table_entry {
	uint32_t fourcc, padding;
	uint64_t modifier;
};

#define TILED 0x0100000000000001 /* some vendor's */

/* The third one is what the client wants. */
static const struct table_entry table[] = {
	{DRM_FORMAT_XRGB8888, 0, TILED},
	{DRM_FORMAT_XRGB8888, 0, DRM_FORMAT_MOD_INVALID},
	{DRM_FORMAT_XRGB8888, 0, DRM_FORMAT_MOD_LINEAR},
	{DRM_FORMAT_NV12, 0, DRM_FORMAT_MOD_LINEAR},
};

static void send_table(struct wl_resource *feedback, enum fake_feedback kind)
{
	uint32_t size = sizeof(table);
	int fd = memfd_create("fake-table", MFD_CLOEXEC);
	CHECK(write(fd, table, sizeof(table)) == sizeof(table));
	if (kind == FAKE_FEEDBACK_SHORT)
		CHECK(ftruncate(fd, sizeof(table) - 1) == 0);
	if (kind == FAKE_FEEDBACK_ODD)
		size--;
	if (kind == FAKE_FEEDBACK_HUGE)
		size = UINT32_MAX & ~15u;
	if (kind == FAKE_FEEDBACK_PIPE) {
		int ends[2];
		CHECK(pipe2(ends, O_CLOEXEC) == 0);
		close(fd);
		close(ends[1]);
		fd = ends[0];
	}
	zwp_linux_dmabuf_feedback_v1_send_format_table(feedback, fd, size);
	close(fd);
}

static void send_tranche(struct wl_resource *feedback, enum fake_feedback kind)
{
	struct wl_array indices, device;
	wl_array_init(&indices);
	wl_array_init(&device);
	*(uint64_t *)wl_array_add(&device, 8) = 0x1234;
	for (uint16_t i = 0; i < (kind == FAKE_FEEDBACK_TILED ? 1 : 4); i++)
		*(uint16_t *)wl_array_add(&indices, sizeof(i)) = i;
	if (kind == FAKE_FEEDBACK_INDEX)
		*(uint16_t *)wl_array_add(&indices, sizeof(uint16_t)) = 4;
	zwp_linux_dmabuf_feedback_v1_send_main_device(feedback, &device);
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(feedback, &device);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(feedback, 0);
	zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
	wl_array_release(&indices);
	wl_array_release(&device);
}

static void get_default_feedback(struct wl_client *client, struct wl_resource *global, uint32_t id)
{
	struct fake_server *server = wl_resource_get_user_data(global);
	enum fake_feedback kind = server->dmabuf.feedback;
	struct wl_resource *feedback = wl_resource_create(client,
		&zwp_linux_dmabuf_feedback_v1_interface, wl_resource_get_version(global), id);
	wl_resource_set_implementation(feedback, &feedback_implementation, server, NULL);
	if (kind != FAKE_FEEDBACK_NO_TABLE)
		send_table(feedback, kind);
	send_tranche(feedback, kind);
	if (kind != FAKE_FEEDBACK_NEVER_DONE)
		zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_implementation = {
	.destroy = fake_destroy_resource,
	.create_params = create_params,
	.get_default_feedback = get_default_feedback,
};

static void send_modifier(struct wl_resource *global, uint64_t modifier)
{
	zwp_linux_dmabuf_v1_send_modifier(
		global, DRM_FORMAT_XRGB8888, (uint32_t)(modifier >> 32), (uint32_t)modifier);
}

void fake_bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct fake_server *server = data;
	struct wl_resource *global =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);
	wl_resource_set_implementation(global, &dmabuf_implementation, server, NULL);
	server->dmabuf.binds++;
	if (version >= 4)
		return;
	zwp_linux_dmabuf_v1_send_format(global, DRM_FORMAT_XRGB8888);
	send_modifier(global, TILED);
	if (server->dmabuf.feedback == FAKE_FEEDBACK_TILED)
		return;
	send_modifier(global, DRM_FORMAT_MOD_INVALID);
	if (!server->dmabuf.implicit_only)
		send_modifier(global, DRM_FORMAT_MOD_LINEAR);
}
