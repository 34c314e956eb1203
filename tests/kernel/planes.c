/* SPDX-License-Identifier: MIT */
/*
 * Pictures of two planes over path dmabuf, in one dma-buf and in two. No software
 * renderer of Mesa 25.0 imports a second plane (llvmpipe: lp_texture.c), so here a
 * compositor of the component alone has a renderer that takes it and notes what it
 * was given.
 */
#include "allocators/chain.h"
#include "buffers/linux_dmabuf.h"
#include "case.h"
#include "dmabuf.h"
#include "memory/ledger.h"
#include "memory/report.h"
#include "proc.h"
#include "renderer/render_context.h"
#include "report.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/interface.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name
#define NV12 DRM_FORMAT_NV12
#define P010 DRM_FORMAT_P010
#define ANY DRM_FORMAT_MOD_INVALID
#define SIZE 12288 /* 64 x 128 of NV12, 64 x 64 of P010, and whole pages */

/* The last import, told by the compositor's process to the case's. */
struct seen {
	int planes_len;
	uint32_t offset_bytes[2], stride_bytes[2];
	uint64_t inodes[2], modifier;
};

struct compositor {
	struct server server;
	struct seen *seen;
};

static struct wlr_drm_format_set texture_formats;
static struct seen *noted;

static const struct wlr_drm_format_set *fake_get_texture_formats(
	struct wlr_renderer *renderer, uint32_t buffer_caps)
{
	return &texture_formats;
}

static void fake_texture_destroy(struct wlr_texture *texture)
{
	free(texture);
}

static const struct wlr_texture_impl fake_texture_impl = {.destroy = fake_texture_destroy};

static struct wlr_texture *fake_texture_from_buffer(
	struct wlr_renderer *renderer, struct wlr_buffer *buffer)
{
	struct wlr_dmabuf_attributes dmabuf;
	struct wlr_texture *texture = calloc(1, sizeof(*texture));
	if (texture == NULL || !wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		free(texture);
		return NULL;
	}
	*noted = (struct seen){.planes_len = dmabuf.n_planes, .modifier = dmabuf.modifier};
	for (int i = 0; i < dmabuf.n_planes && i < 2; i++) {
		struct stat status = {0};
		fstat(dmabuf.fd[i], &status);
		noted->offset_bytes[i] = dmabuf.offset[i];
		noted->stride_bytes[i] = dmabuf.stride[i];
		noted->inodes[i] = status.st_ino;
	}
	wlr_texture_init(texture, renderer, &fake_texture_impl, (uint32_t)dmabuf.width,
		(uint32_t)dmabuf.height);
	return texture;
}

static struct wlr_render_pass *fake_begin_buffer_pass(struct wlr_renderer *renderer,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options)
{
	return NULL;
}

static const struct wlr_renderer_impl fake_renderer_impl = {
	.get_texture_formats = fake_get_texture_formats,
	.texture_from_buffer = fake_texture_from_buffer,
	.begin_buffer_pass = fake_begin_buffer_pass,
};

static int end_loop(int number, void *data)
{
	wl_display_terminate(data);
	return 0;
}

/* The compositor's process; its socket's name goes to `ready_fd`. */
static void run(int ready_fd)
{
	static const uint32_t shm_formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	struct wlr_renderer *renderer = calloc(1, sizeof(*renderer));
	struct wl_display *display = wl_display_create();
	CHECK(renderer != NULL && display != NULL);
	wlr_renderer_init(renderer, &fake_renderer_impl, WLR_BUFFER_CAP_DMABUF);
	struct gesso_render_context context = {.renderer = renderer, .gles2 = true, .name = "fake"};
	wl_signal_init(&context.events.renewed);
	struct gesso_allocator_chain *chain =
		gesso_allocator_chain_create("memfd", true, NULL, NULL);
	CHECK(chain != NULL);
	uint32_t proved = 0;
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		proved |= 1u << i;
		wlr_drm_format_set_add(
			&texture_formats, gesso_formats[i].fourcc, DRM_FORMAT_MOD_LINEAR);
	}
	gesso_allocator_chain_set_proved(chain, 0, proved, NULL);
	struct gesso_ledger *ledger = gesso_ledger_create(&context, 1 << 20);
	struct wlr_compositor *compositor = wlr_compositor_create(display, 5, renderer);
	CHECK(wlr_shm_create(display, 1, shm_formats, 2) != NULL);
	CHECK(wlr_xdg_shell_create(display, 3) != NULL && compositor != NULL);
	gesso_ledger_watch(ledger, compositor);
	CHECK(gesso_linux_dmabuf_create(display, &context, ledger, chain) != NULL);
	CHECK(gesso_reporter_create(display, ledger, chain) != NULL);
	wl_event_loop_add_signal(wl_display_get_event_loop(display), SIGTERM, end_loop, display);
	dprintf(ready_fd, "%s\n", wl_display_add_socket_auto(display));
	close(ready_fd);
	wl_display_run(display);
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
	gesso_ledger_destroy(ledger);
	gesso_allocator_chain_destroy(chain);
	wlr_renderer_destroy(renderer);
	wlr_drm_format_set_finish(&texture_formats);
}

static void start(struct compositor *compositor)
{
	int ends[2];
	case_need_device("/dev/udmabuf");
	wlr_log_init(WLR_ERROR, NULL);
	noted = mmap(
		NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(noted != MAP_FAILED);
	CHECK_EQUAL(pipe(ends), 0);
	*compositor = (struct compositor){.seen = noted, .server = {.ready_fd = -1}};
	compositor->server.pid = fork();
	CHECK_INT(>=, compositor->server.pid, 0);
	if (compositor->server.pid == 0) {
		close(ends[0]);
		run(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	ssize_t len =
		read(ends[0], compositor->server.socket, sizeof(compositor->server.socket) - 1);
	CHECK_INT(>, len, 1);
	compositor->server.socket[len - 1] = '\0';
	close(ends[0]);
}

static void stop(struct compositor *compositor)
{
	int status;
	CHECK_EQUAL(kill(compositor->server.pid, SIGTERM), 0);
	CHECK_EQUAL(waitpid(compositor->server.pid, &status, 0), compositor->server.pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	munmap(compositor->seen, sizeof(*compositor->seen));
}

static const struct {
	struct dmabuf_claim claim;
	int expected;
} rows[] = {
	/* clang-format off */
	{{"NV12", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 128, NV12, 0},
		DMABUF_CREATED},
	{{"P010", "udmabuf", SIZE, {{0, 0, 128, 0}, {1, 8192, 128, 0}}, 2, 64, 64, P010, 0},
		DMABUF_CREATED},
	{{"implicit modifier", "udmabuf", SIZE, {{0, 0, 64, ANY}, {1, 8192, 64, ANY}}, 2, 64, 128,
		NV12, 0}, DMABUF_CREATED},
	{{"the second plane first", "udmabuf", SIZE, {{1, 0, 64, 0}, {0, 4096, 64, 0}}, 2, 64, 128,
		NV12, 0}, DMABUF_CREATED},
	{{"one plane", "udmabuf", SIZE, {{0, 0, 64, 0}}, 1, 64, 128, NV12, 0}, ERROR(INCOMPLETE)},
	{{"only the second plane", "udmabuf", SIZE, {{1, 8192, 64, 0}}, 1, 64, 128, NV12, 0},
		ERROR(INCOMPLETE)},
	{{"three planes", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}, {2, 8192, 64, 0}}, 3,
		64, 128, NV12, 0}, ERROR(INCOMPLETE)},
	{{"a stride less than a row of pairs", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 63, 0}},
		2, 64, 128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a row of NV12 for P010", "udmabuf", SIZE, {{0, 0, 128, 0}, {1, 8192, 64, 0}}, 2, 64, 64,
		P010, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a row of pairs too many", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8256, 64, 0}}, 2, 64, 128,
		NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a first plane past the end", "udmabuf", SIZE, {{0, 8192, 64, 0}, {1, 0, 64, 0}}, 2, 64,
		128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"an offset near 4 GiB", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 0xfffffff0u, 64, 0}}, 2, 64,
		128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a size that wraps at 4 GiB", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 0, 0x4000000u, 0}}, 2,
		64, 128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"half a pair of offset", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8191, 64, 0}}, 2, 64, 128,
		NV12, 0}, DMABUF_FAILED},
	{{"an odd width", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 63, 128, NV12, 0},
		DMABUF_FAILED},
	{{"an odd height", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 127, NV12, 0},
		DMABUF_FAILED},
	{{"two modifiers", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, ANY}}, 2, 64, 128, NV12,
		0}, DMABUF_FAILED},
	{{"a memfd", "memfd", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 128, NV12, 0},
		DMABUF_FAILED},
	/* clang-format on */
};

CASE(two_plane_claims)
{
	struct compositor compositor;
	start(&compositor);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dmabuf_check_claim(&compositor.server, &rows[i].claim, rows[i].expected);
	}
	stop(&compositor);
}

static uint64_t inode_of(int fd)
{
	struct stat status;
	CHECK_EQUAL(fstat(fd, &status), 0);
	return status.st_ino;
}

static uint64_t held_bytes(struct client *client, size_t *buffers_len)
{
	struct report report;
	report_read(&report, client);
	*buffers_len = report.buffers_len;
	return report_held_bytes(&report);
}

static void check_told_once(struct client *client, int fd, size_t size_bytes)
{
	struct report report;
	size_t times = 0;
	report_read(&report, client);
	for (size_t i = 0; i < report.buffers_len; i++) {
		if (report.buffers[i].inode == inode_of(fd)) {
			CHECK_EQUAL(report.buffers[i].path, GESSO_MEMORY_REPORT_V1_PATH_DMABUF);
			CHECK_EQUAL(report.buffers[i].size_bytes, size_bytes);
			CHECK_EQUAL(report.buffers[i].format, NV12);
			times++;
		}
	}
	CHECK_EQUAL(times, 1);
}

/* A picture of 64 x 128 whose planes lie at byte 0 of `luma` and at `offset` of `chroma`. */
static void check_planes(
	struct compositor *compositor, struct client *client, int luma, int chroma, uint32_t offset)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add(params, luma, 0, 0, 64, 0, 0);
	zwp_linux_buffer_params_v1_add(params, chroma, 1, offset, 128, 0, 0);
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(params, 64, 128, NV12, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	client_roundtrip(client);
	const struct seen *seen = compositor->seen;
	CHECK_EQUAL(seen->planes_len, 2);
	CHECK_EQUAL(seen->modifier, DRM_FORMAT_MOD_LINEAR);
	CHECK_EQUAL(seen->inodes[0], inode_of(luma));
	CHECK_EQUAL(seen->inodes[1], inode_of(chroma));
	CHECK_EQUAL(seen->offset_bytes[1], offset);
	CHECK_EQUAL(seen->stride_bytes[0], 64);
	CHECK_EQUAL(seen->stride_bytes[1], 128);

	struct stat luma_status, chroma_status;
	CHECK(fstat(luma, &luma_status) == 0 && fstat(chroma, &chroma_status) == 0);
	bool one = luma_status.st_ino == chroma_status.st_ino;
	size_t buffers_len;
	CHECK_EQUAL(held_bytes(client, &buffers_len),
		(uint64_t)luma_status.st_size + (one ? 0 : (uint64_t)chroma_status.st_size));
	CHECK_EQUAL(buffers_len, one ? 1 : 2);
	check_told_once(client, luma, (size_t)luma_status.st_size);
	check_told_once(client, chroma, (size_t)chroma_status.st_size);
	wl_buffer_destroy(buffer);
	client_roundtrip(client);
	CHECK_EQUAL(held_bytes(client, &buffers_len), 0);
	CHECK_EQUAL(buffers_len, 0);
}

CASE(two_planes_in_one_and_in_two)
{
	struct compositor compositor;
	struct client client;
	start(&compositor);
	client_connect(&client, &compositor.server);
	int one = dmabuf_open("udmabuf", 16384), other = dmabuf_open("udmabuf", 8192);
	int idle = proc_count_descriptors(compositor.server.pid);
	for (int round = 0; round < 3; round++) {
		check_planes(&compositor, &client, one, one, 8192);
		check_planes(&compositor, &client, one, other, 0);
		CHECK_EQUAL(proc_count_descriptors(compositor.server.pid), idle);
	}
	close(one);
	close(other);
	client_disconnect(&client);
	stop(&compositor);
}
