/* SPDX-License-Identifier: MIT */
#include "fake_compositor.h"
#include "allocators/chain.h"
#include "buffers/linux_dmabuf.h"
#include "case.h"
#include "memory/ledger.h"
#include "memory/objects.h"
#include "memory/report.h"
#include "renderer/render_context.h"
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
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

static struct wlr_drm_format_set texture_formats;
static struct fake_seen *noted;
static int device_fd;

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

/* Takes `texture`, which is not initialised. */
static struct wlr_texture *fake_upload(
	struct wlr_renderer *renderer, struct wlr_buffer *buffer, struct wlr_texture *texture)
{
	void *data;
	uint32_t format;
	size_t stride_bytes;
	if (!wlr_buffer_begin_data_ptr_access(
		    buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride_bytes)) {
		free(texture);
		return NULL;
	}
	noted->uploads++;
	memcpy(noted->corners, data, sizeof(uint32_t));
	memcpy(noted->corners + 1,
		(const char *)data + stride_bytes * (size_t)(buffer->height - 1) +
			(size_t)(buffer->width - 1) * sizeof(uint32_t),
		sizeof(uint32_t));
	wlr_buffer_end_data_ptr_access(buffer);
	wlr_texture_init(texture, renderer, &fake_texture_impl, (uint32_t)buffer->width,
		(uint32_t)buffer->height);
	return texture;
}

static struct wlr_texture *fake_texture_from_buffer(
	struct wlr_renderer *renderer, struct wlr_buffer *buffer)
{
	struct wlr_dmabuf_attributes dmabuf;
	struct wlr_texture *texture = calloc(1, sizeof(*texture));
	if (texture == NULL) {
		return NULL;
	}
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return fake_upload(renderer, buffer, texture);
	}
	if (buffer->width == FAKE_REFUSED_PX) {
		free(texture);
		return NULL;
	}
	noted->planes_len = dmabuf.n_planes;
	noted->modifier = dmabuf.modifier;
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

static int fake_get_drm_fd(struct wlr_renderer *renderer)
{
	return device_fd;
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
	.get_drm_fd = fake_get_drm_fd,
};

static int end_loop(int number, void *data)
{
	wl_display_terminate(data);
	return 0;
}

static int withdraw(int number, void *data)
{
	wlr_drm_format_set_finish(&texture_formats);
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
	struct gesso_ledger *ledger = gesso_ledger_create(&context, FAKE_BUDGET_BYTES);
	CHECK(gesso_objects_create(display, ledger) != NULL);
	struct wlr_compositor *compositor = wlr_compositor_create(display, 5, renderer);
	CHECK(wlr_shm_create(display, 1, shm_formats, 2) != NULL);
	CHECK(wlr_xdg_shell_create(display, 3) != NULL && compositor != NULL);
	gesso_ledger_watch(ledger, compositor);
	struct gesso_linux_dmabuf *linux_dmabuf =
		gesso_linux_dmabuf_create(display, &context, ledger, chain);
	struct wlr_scene *scene = wlr_scene_create();
	CHECK(linux_dmabuf != NULL && scene != NULL);
	gesso_linux_dmabuf_set_scene(linux_dmabuf, scene);
	CHECK(gesso_reporter_create(display, ledger, chain) != NULL);
	struct wl_event_loop *loop = wl_display_get_event_loop(display);
	wl_event_loop_add_signal(loop, SIGTERM, end_loop, display);
	wl_event_loop_add_signal(loop, SIGUSR1, withdraw, NULL);
	dprintf(ready_fd, "%s\n", wl_display_add_socket_auto(display));
	close(ready_fd);
	wl_display_run(display);
	wl_display_destroy_clients(display);
	wlr_scene_node_destroy(&scene->tree.node);
	wl_display_destroy(display);
	gesso_ledger_destroy(ledger);
	gesso_allocator_chain_destroy(chain);
	wlr_renderer_destroy(renderer);
	wlr_drm_format_set_finish(&texture_formats);
}

void fake_compositor_start(struct fake_compositor *compositor, int drm_fd)
{
	int ends[2];
	wlr_log_init(WLR_ERROR, NULL);
	device_fd = drm_fd;
	noted = mmap(
		NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(noted != MAP_FAILED);
	CHECK_EQUAL(pipe(ends), 0);
	*compositor = (struct fake_compositor){.seen = noted, .server = {.ready_fd = -1}};
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

void fake_compositor_stop(struct fake_compositor *compositor)
{
	int status;
	CHECK_EQUAL(kill(compositor->server.pid, SIGTERM), 0);
	CHECK_EQUAL(waitpid(compositor->server.pid, &status, 0), compositor->server.pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	munmap(compositor->seen, sizeof(*compositor->seen));
}
