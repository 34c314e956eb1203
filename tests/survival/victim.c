/* SPDX-License-Identifier: MIT */
#include "victim.h"
#include "buffer.h"
#include "check.h"
#include "dmabuf.h"
#include "victim_wire.h"
#include "window.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH_PX 64
#define HEIGHT_PX 48

/* The point `name`: here it may end. */
static void at(struct victim *victim, const char *name)
{
	if (victim->names) {
		printf("  %2d %s\n", victim->passed, name);
	}
	if (victim->passed++ != victim->point) {
		return;
	}
	if (victim->reached != NULL) {
		victim->reached();
		return;
	}
	struct wl_display *display = victim->client.display;
	if (victim->end == VICTIM_SERVED) {
		wl_display_roundtrip(display);
	} else if (victim->end == VICTIM_SENT) {
		wl_display_flush(display);
	}
	kill(getpid(), SIGKILL);
}

/* What no library would send: the beginning of a message. */
static void begin_connection(struct victim *victim)
{
	struct client *client = &victim->client;
	client->display = wl_display_connect(victim->server->socket);
	CHECK(client->display != NULL);
	at(victim, "connected");
	struct wl_registry *registry = wl_display_get_registry(client->display);
	at(victim, "registry asked for");
	wl_registry_destroy(registry);
	wl_display_disconnect(client->display);
	client_connect(client, victim->server);
	at(victim, "globals bound");
	for (enum wire_part part = 0; part < WIRE_PARTS_LEN; part++) {
		if (victim->passed == victim->point && victim->reached == NULL) {
			wl_display_roundtrip(client->display);
			wire_send_part(client, part);
			usleep(victim->end * 2000); /* read by then, or not */
			kill(getpid(), SIGKILL);
		}
		at(victim, wire_part_name(part));
	}
}

static void make_shm(struct victim *victim, struct buffer *buffer)
{
	*buffer = (struct buffer){
		.width_px = WIDTH_PX,
		.height_px = HEIGHT_PX,
		.fourcc = DRM_FORMAT_XRGB8888,
		.stride_bytes = WIDTH_PX * 4,
	};
	int32_t size_bytes = WIDTH_PX * 4 * HEIGHT_PX;
	int fd = memfd_create("test-shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_EQUAL(ftruncate(fd, 2 * size_bytes), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(victim->client.shm, fd, size_bytes);
	at(victim, "pool made");
	buffer_create_in_pool(buffer, &victim->client, pool, fd);
	at(victim, "buffer of the pool made");
	wl_shm_pool_resize(pool, 2 * size_bytes);
	at(victim, "pool grown");
	wl_shm_pool_destroy(pool);
	at(victim, "pool destroyed");
}

static void make_native(struct victim *victim, struct buffer *buffer)
{
	buffer_request(buffer, &victim->client, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
	at(victim, "memory asked for");
	buffer_wait_answer(buffer);
	at(victim, "memory allocated");
	buffer_map(buffer);
	at(victim, "memory mapped");
}

static void make_dmabuf(struct victim *victim, struct buffer *buffer)
{
	int fd = dmabuf_open(victim->path + strlen("dmabuf:"), 16384);
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(victim->client.dmabuf);
	at(victim, "params made");
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, WIDTH_PX * 4, 0, 0);
	at(victim, "plane sent");
	zwp_linux_buffer_params_v1_create(params, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888, 0);
	at(victim, "dma-buf asked for");
	close(fd);
	buffer_create_dmabuf(buffer, &victim->client, victim->path + strlen("dmabuf:"), WIDTH_PX,
		HEIGHT_PX, DRM_FORMAT_XRGB8888);
	at(victim, "dma-buf made at once");
}

static void make_buffer(struct victim *victim, struct buffer *buffer)
{
	if (strcmp(victim->path, "native") == 0) {
		make_native(victim, buffer);
	} else if (strcmp(victim->path, "shm") == 0) {
		make_shm(victim, buffer);
	} else {
		make_dmabuf(victim, buffer);
	}
	buffer_begin_paint(buffer);
	memset(buffer->pixels, 0x55, (size_t)buffer->stride_bytes * HEIGHT_PX / 2);
	at(victim, "painting");
	memset(buffer->pixels, 0x66, (size_t)buffer->stride_bytes * HEIGHT_PX);
	buffer_end_paint(buffer);
	at(victim, "painted");
}

/* Laid out so that a pool can be imported. */
static void make_plainly(struct victim *victim, struct buffer *buffer, int width_px, int height_px)
{
	if (strcmp(victim->path, "shm") == 0) {
		buffer_create_shm_tight(buffer, &victim->client, width_px, height_px,
			(uint32_t)width_px * 4, DRM_FORMAT_XRGB8888);
	} else {
		buffer_create(buffer, &victim->client, victim->path, width_px, height_px,
			DRM_FORMAT_XRGB8888);
	}
}

static void show_first(struct victim *victim, struct window *window, struct buffer *buffer)
{
	wl_surface_attach(window->surface, buffer->wl_buffer, 0, 0);
	at(victim, "attached");
	wl_surface_damage_buffer(window->surface, 0, 0, WIDTH_PX, HEIGHT_PX);
	at(victim, "damaged");
	struct wl_callback *callback = wl_surface_frame(window->surface);
	at(victim, "frame asked for");
	wl_surface_commit(window->surface);
	at(victim, "committed");
	wl_callback_destroy(callback);
	surface_commit_wait(&victim->client, window->surface, buffer);
	at(victim, "shown");
}

/* One buffer after the other, and each destroyed while it is shown. */
static void turn_buffers(struct victim *victim, struct window *window, struct buffer *first)
{
	struct buffer second;
	make_plainly(victim, &second, WIDTH_PX, HEIGHT_PX);
	at(victim, "second buffer made");
	surface_commit(window->surface, &second);
	at(victim, "second buffer committed");
	surface_commit_wait(&victim->client, window->surface, &second);
	buffer_wait_release(first);
	at(victim, "first buffer released");
	surface_commit(window->surface, first);
	surface_commit(window->surface, &second);
	surface_commit(window->surface, first);
	at(victim, "three commits at once");
	buffer_destroy(&second);
	at(victim, "buffer destroyed while it is shown");
	surface_commit_wait(&victim->client, window->surface, first);
	wl_surface_attach(window->surface, NULL, 0, 0);
	wl_surface_commit(window->surface);
	at(victim, "unmapped");
	/* a configure may be under way, and must not be acknowledged any more */
	window_destroy(window);
	window_create(window, &victim->client, "victim");
	at(victim, "second window configured");
	surface_commit_wait(&victim->client, window->surface, first);
	at(victim, "second window shown");
}

static void nest_surfaces(struct victim *victim, struct window *window)
{
	struct layer layer;
	struct buffer buffer;
	struct client *client = &victim->client;
	layer_create(&layer, window, 3, 4);
	at(victim, "subsurface made");
	make_plainly(victim, &buffer, 32, 24);
	wl_subsurface_set_sync(layer.subsurface);
	surface_commit(layer.surface, &buffer);
	at(victim, "subsurface committed, waiting for its parent");
	wl_surface_commit(window->surface);
	at(victim, "subsurface shown");
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(client->viewporter, layer.surface);
	wp_viewport_set_destination(viewport, 20, 10);
	at(victim, "viewport set");
	wl_subsurface_set_desync(layer.subsurface);
	wl_surface_commit(layer.surface);
	at(victim, "subsurface desynchronised");
	buffer_destroy(&buffer);
	at(victim, "subsurface's buffer destroyed");
	wl_subsurface_destroy(layer.subsurface);
	at(victim, "role destroyed, and the surface not");
	wl_surface_destroy(layer.surface);
	at(victim, "surface destroyed under its viewport");
	wp_viewport_destroy(viewport);
}

static void open_popup(struct victim *victim, struct window *window, struct buffer *buffer)
{
	struct client *client = &victim->client;
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, 20, 10);
	xdg_positioner_set_anchor_rect(positioner, 5, 6, 1, 1);
	at(victim, "positioner made");
	struct xdg_popup *popup =
		xdg_surface_get_popup(xdg_surface, window->xdg_surface, positioner);
	at(victim, "popup made");
	wl_surface_commit(surface);
	client_roundtrip(client);
	at(victim, "popup configured");
	xdg_popup_grab(popup, client->seat, 0);
	at(victim, "popup grabbed");
	wl_surface_attach(surface, buffer->wl_buffer, 0, 0);
	at(victim, "popup's buffer attached");
	xdg_popup_destroy(popup);
	xdg_surface_destroy(xdg_surface);
	xdg_positioner_destroy(positioner);
	wl_surface_destroy(surface);
	at(victim, "popup closed");
}

static void use_seat(struct victim *victim, struct window *window, struct buffer *buffer)
{
	struct client *client = &victim->client;
	struct zwlr_virtual_pointer_v1 *device =
		zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
			client->virtual_pointers, NULL);
	client_roundtrip(client);
	at(victim, "virtual pointer made");
	struct wl_pointer *pointer = wl_seat_get_pointer(client->seat);
	at(victim, "pointer taken");
	struct wl_surface *cursor = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(cursor, buffer->wl_buffer, 0, 0);
	wl_surface_commit(cursor);
	wl_pointer_set_cursor(pointer, 0, cursor, 1, 1);
	at(victim, "cursor set");
	xdg_toplevel_move(window->toplevel, client->seat, 0);
	xdg_toplevel_resize(window->toplevel, client->seat, 0, XDG_TOPLEVEL_RESIZE_EDGE_LEFT);
	at(victim, "move and resize begun");
	wl_pointer_destroy(pointer);
	zwlr_virtual_pointer_v1_destroy(device);
	wl_surface_destroy(cursor);
	at(victim, "pointer given back");
	xdg_toplevel_set_maximized(window->toplevel);
	at(victim, "maximized");
	xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	at(victim, "full screen");
	xdg_toplevel_unset_fullscreen(window->toplevel);
	xdg_toplevel_unset_maximized(window->toplevel);
	at(victim, "as large as before");
}

/* wlroots 0.18 never lets go of a buffer in another format than it asks for. */
static void frame_handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format,
	uint32_t width_px, uint32_t height_px, uint32_t stride_bytes)
{
	struct buffer *buffer = data;
	uint32_t fourcc = format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888 : format;
	buffer_create_shm_tight(
		buffer, buffer->client, (int)width_px, (int)height_px, stride_bytes, fourcc);
}

static void frame_handle_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags)
{
}

static void frame_handle_ready(void *data, struct zwlr_screencopy_frame_v1 *frame,
	uint32_t seconds_hi, uint32_t seconds_lo, uint32_t nanoseconds)
{
}

static void frame_handle_failed(void *data, struct zwlr_screencopy_frame_v1 *frame)
{
}

static const struct zwlr_screencopy_frame_v1_listener frame_listener = {
	.buffer = frame_handle_buffer,
	.flags = frame_handle_flags,
	.ready = frame_handle_ready,
	.failed = frame_handle_failed,
};

/* What has an answer that is still to come. */
static void ask(struct victim *victim)
{
	struct client *client = &victim->client;
	struct gesso_memory_report_v1 *report =
		gesso_memory_reporter_v1_get_report(client->reporter);
	at(victim, "report asked for");
	gesso_memory_report_v1_destroy(report);
	struct zwlr_screencopy_frame_v1 *frame = zwlr_screencopy_manager_v1_capture_output(
		client->screencopy, 0, client->outputs[0]);
	at(victim, "screen asked for");
	struct buffer buffer = {.client = client};
	zwlr_screencopy_frame_v1_add_listener(frame, &frame_listener, &buffer);
	client_roundtrip(client);
	zwlr_screencopy_frame_v1_copy(frame, buffer.wl_buffer);
	at(victim, "screen copied");
	wl_buffer_destroy(buffer.wl_buffer);
	at(victim, "the copy's buffer destroyed");
	zwlr_screencopy_frame_v1_destroy(frame);
	struct wl_region *region = wl_compositor_create_region(client->compositor);
	wl_region_add(region, 0, 0, 10, 10);
	at(victim, "region made");
	wl_region_destroy(region);
	client_roundtrip(client);
}

int victim_run(struct victim *victim)
{
	struct window window;
	struct buffer first;
	victim->passed = 0;
	begin_connection(victim);
	window_create(&window, &victim->client, "victim");
	at(victim, "window configured");
	make_buffer(victim, &first);
	show_first(victim, &window, &first);
	turn_buffers(victim, &window, &first);
	nest_surfaces(victim, &window);
	open_popup(victim, &window, &first);
	use_seat(victim, &window, &first);
	ask(victim);
	xdg_toplevel_destroy(window.toplevel);
	at(victim, "toplevel destroyed");
	xdg_surface_destroy(window.xdg_surface);
	at(victim, "xdg surface destroyed");
	wl_surface_destroy(window.surface);
	at(victim, "surface destroyed");
	buffer_destroy(&first);
	at(victim, "buffers destroyed");
	wl_display_disconnect(victim->client.display);
	return victim->passed;
}
