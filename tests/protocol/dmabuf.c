/* SPDX-License-Identifier: MIT */
/*
 * linux-dmabuf-v1 with descriptors that need no device: what is announced, and the
 * exact answer to each claim that is wrong before the descriptor counts, or because
 * of it. tests/kernel/dmabuf.c has the rest, with real dma-bufs.
 */
#include "dmabuf.h"
#include "case.h"
#include "window.h"
#include <drm_fourcc.h>
#include <string.h>
#include <unistd.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name
#define XRGB DRM_FORMAT_XRGB8888
#define TILED 0x0100000000000001ull /* I915_FORMAT_MOD_X_TILED */
#define SIZE (64 * 256)

static const struct {
	struct dmabuf_claim claim;
	int expected;
} rows[] = {
	/* clang-format off */
	{{"a memfd", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_FAILED},
	{{"a regular file", "file", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_FAILED},
	{{"a pipe", "pipe", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_FAILED},
	{{"a memfd, implicit modifier", "memfd", SIZE, {{0, 0, 256, DRM_FORMAT_MOD_INVALID}}, 1,
		64, 64, XRGB, 0}, DMABUF_FAILED},
	{{"a memfd that is too small", "memfd", 64, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0},
		DMABUF_FAILED},
	{{"a modifier not on offer", "memfd", SIZE, {{0, 0, 256, TILED}}, 1, 64, 64, XRGB, 0},
		DMABUF_FAILED},
	{{"flag y_invert", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 1}, DMABUF_FAILED},
	{{"flag interlaced", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 2}, DMABUF_FAILED},
	{{"an unknown flag", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 128}, DMABUF_FAILED},
	{{"a side too long", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 16385, XRGB, 0}, DMABUF_FAILED},
	{{"a format not on offer", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64,
		DRM_FORMAT_YUYV, 0}, ERROR(INVALID_FORMAT)},
	{{"format 0", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, 0, 0}, ERROR(INVALID_FORMAT)},
	{{"no plane", "memfd", SIZE, {{0}}, 0, 64, 64, XRGB, 0}, ERROR(INCOMPLETE)},
	{{"only plane 1", "memfd", SIZE, {{1, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, ERROR(INCOMPLETE)},
	{{"a gap", "memfd", SIZE, {{0, 0, 256, 0}, {2, 0, 256, 0}}, 2, 64, 64, XRGB, 0},
		ERROR(INCOMPLETE)},
	{{"two planes", "memfd", SIZE, {{0, 0, 256, 0}, {1, 0, 256, 0}}, 2, 64, 64, XRGB, 0},
		ERROR(INCOMPLETE)},
	{{"a plane set twice", "memfd", SIZE, {{0, 0, 256, 0}, {0, 0, 256, 0}}, 2, 64, 64, XRGB, 0},
		ERROR(PLANE_SET)},
	{{"plane 4", "memfd", SIZE, {{4, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, ERROR(PLANE_IDX)},
	{{"no width", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 0, 64, XRGB, 0}, ERROR(INVALID_DIMENSIONS)},
	{{"no height", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 0, XRGB, 0}, ERROR(INVALID_DIMENSIONS)},
	{{"a width below 0", "memfd", SIZE, {{0, 0, 256, 0}}, 1, -64, 64, XRGB, 0},
		ERROR(INVALID_DIMENSIONS)},
	/* clang-format on */
};

static void start(struct server *server)
{
	server_start(
		server, "--renderer %s --allocator none --size 64x64", case_fixture("renderer"));
	server_warm_up(server);
}

CASE(claims)
{
	struct server server;
	start(&server);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dmabuf_check_claim(&server, &rows[i].claim, rows[i].expected);
	}
	server_check_empty(&server);
	server_stop(&server);
}

CASE(announced)
{
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888,
		DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565};
	struct server server;
	struct client client;
	start(&server);
	client_connect(&client, &server);
	client_roundtrip(&client);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		CHECK(client_offers_dmabuf(&client, formats[i], DRM_FORMAT_MOD_LINEAR));
		CHECK(client_offers_dmabuf(&client, formats[i], DRM_FORMAT_MOD_INVALID));
	}
	client_disconnect(&client);
	server_stop(&server);
}

static struct zwp_linux_buffer_params_v1 *claim_memfd(struct client *client)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	int fd = dmabuf_open("memfd", SIZE);
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, 256, 0, 0);
	close(fd);
	return params;
}

CASE(params_are_used_once)
{
	struct server server;
	start(&server);
	for (int i = 0; i < 3; i++) {
		struct client client;
		client_connect(&client, &server);
		struct zwp_linux_buffer_params_v1 *params = claim_memfd(&client);
		zwp_linux_buffer_params_v1_create(params, 64, 64, XRGB, 0);
		struct wl_buffer *second = NULL;
		if (i == 0) {
			zwp_linux_buffer_params_v1_create(params, 64, 64, XRGB, 0);
		} else if (i == 1) {
			second = zwp_linux_buffer_params_v1_create_immed(params, 64, 64, XRGB, 0);
		} else {
			zwp_linux_buffer_params_v1_add(params, STDERR_FILENO, 1, 0, 256, 0, 0);
		}
		client_expect_error(&client, "zwp_linux_buffer_params_v1", ERROR(ALREADY_USED));
		if (second != NULL) {
			wl_buffer_destroy(second);
		}
		zwp_linux_buffer_params_v1_destroy(params);
		client_disconnect(&client);
	}
	server_check_empty(&server);
	server_stop(&server);
}

/* What failed by create_immed is a wl_buffer that can only be destroyed. */
CASE(failed_buffer_is_not_shown)
{
	struct server server;
	struct client client;
	struct window window;
	start(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "failed");
	struct zwp_linux_buffer_params_v1 *params = claim_memfd(&client);
	struct wl_buffer *failed = zwp_linux_buffer_params_v1_create_immed(params, 64, 64, XRGB, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	client_roundtrip(&client);
	wl_surface_attach(window.surface, failed, 0, 0);
	wl_surface_commit(window.surface);
	client_expect_error(&client, "wl_buffer", ERROR(INVALID_WL_BUFFER));
	wl_buffer_destroy(failed);
	window_destroy(&window);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* Planes that were added and never used, and a client that ends with them. */
CASE(params_are_abandoned)
{
	struct server server;
	struct client client;
	start(&server);
	client_connect(&client, &server);
	struct zwp_linux_buffer_params_v1 *kept[20];
	for (size_t i = 0; i < 20; i++) {
		kept[i] = claim_memfd(&client);
		if (i % 2 == 0) {
			zwp_linux_buffer_params_v1_destroy(kept[i]);
		}
	}
	client_roundtrip(&client);
	for (size_t i = 1; i < 20; i += 2) {
		wl_proxy_destroy((struct wl_proxy *)kept[i]);
	}
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	size_t *globals = data;
	*globals += 1;
	if (strcmp(interface, "wp_linux_drm_syncobj_manager_v1") == 0) {
		FAIL("explicit fences are on offer: then the fence gate has to know of them");
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

/* wlroots 0.18's render passes could not wait for them (linux_dmabuf.h). */
CASE(no_explicit_fences)
{
	struct server server;
	struct client client;
	size_t globals = 0;
	start(&server);
	client_connect(&client, &server);
	struct wl_registry *registry = wl_display_get_registry(client.display);
	wl_registry_add_listener(registry, &registry_listener, &globals);
	client_roundtrip(&client);
	CHECK_INT(>, globals, 0);
	wl_registry_destroy(registry);
	client_disconnect(&client);
	server_stop(&server);
}
