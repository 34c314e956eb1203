/* SPDX-License-Identifier: MIT */
#include "fake_parent_globals.h"
#include "linux-dmabuf-v1-protocol.h"
#include "viewporter-protocol.h"
#include "xdg-shell-protocol.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server.h>

struct surface {
	struct wl_resource *buffer, *last_buffer, *callback;
	bool is_layer;
	struct fake_parent_damage damage; /* pending */
};

static enum fake_parent_habit habit;
static struct fake_parent_notes *notes;
static struct wl_resource *the_toplevel, *the_xdg_surface;

static void ignore_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void surface_attach(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	surface->buffer = buffer;
}

static void surface_rectangle(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height)
{
}

static void add_damage(struct fake_parent_damage *damage, const struct fake_parent_damage *more)
{
	if (more->pixels == 0) {
		return;
	}
	if (damage->pixels == 0) {
		*damage = *more;
		return;
	}
	damage->left = more->left < damage->left ? more->left : damage->left;
	damage->top = more->top < damage->top ? more->top : damage->top;
	damage->right = more->right > damage->right ? more->right : damage->right;
	damage->bottom = more->bottom > damage->bottom ? more->bottom : damage->bottom;
	damage->pixels += more->pixels;
}

static void surface_damage_buffer(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	const struct fake_parent_damage more = {
		.left = x,
		.top = y,
		.right = (int64_t)x + width,
		.bottom = (int64_t)y + height,
		.pixels = (uint64_t)width * (uint64_t)height,
	};
	add_damage(&surface->damage, &more);
}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	surface->callback = wl_resource_create(client, &wl_callback_interface, 1, id);
}

static void surface_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
}

static void surface_number(struct wl_client *client, struct wl_resource *resource, int32_t number)
{
}

static void configure_once(void)
{
	static bool configured;
	struct wl_array states;
	if (configured || the_xdg_surface == NULL) {
		return;
	}
	wl_array_init(&states);
	xdg_toplevel_send_configure(
		the_toplevel, FAKE_PARENT_WIDTH_PX, FAKE_PARENT_HEIGHT_PX, &states);
	xdg_surface_send_configure(the_xdg_surface, 1);
	configured = true;
}

static void note(struct surface *surface)
{
	struct fake_parent_told *told = &notes->told[notes->round % FAKE_PARENT_ROUNDS];
	add_damage(surface->is_layer ? &told->layers : &told->window, &surface->damage);
	surface->damage = (struct fake_parent_damage){0};
	if (!surface->is_layer) {
		told->commits++;
	}
}

/* The one before is free, and the next may come. */
static void show(struct surface *surface)
{
	configure_once();
	if (surface->last_buffer != NULL && surface->last_buffer != surface->buffer) {
		wl_buffer_send_release(surface->last_buffer);
	}
	surface->last_buffer = surface->buffer;
	if (surface->callback != NULL) {
		usleep(10000);
		wl_callback_send_done(surface->callback, 0);
		wl_resource_destroy(surface->callback);
		surface->callback = NULL;
	}
	note(surface);
}

static void surface_request_commit(struct wl_client *client, struct wl_resource *resource)
{
	if (habit == FAKE_PARENT_ENDS_WHO_ASKS || habit == FAKE_PARENT_TAKES_DMABUFS) {
		show(wl_resource_get_user_data(resource));
	}
	if (the_toplevel != NULL && habit == FAKE_PARENT_CLOSES_AT_ONCE) {
		xdg_toplevel_send_close(the_toplevel);
	} else if (the_toplevel != NULL && habit == FAKE_PARENT_STOPS_ANSWERING) {
		pause();
	}
}

static const struct wl_surface_interface surface_impl = {
	.destroy = ignore_destroy,
	.attach = surface_attach,
	.damage = surface_rectangle,
	.frame = surface_frame,
	.set_opaque_region = surface_region,
	.set_input_region = surface_region,
	.commit = surface_request_commit,
	.set_buffer_transform = surface_number,
	.set_buffer_scale = surface_number,
	.damage_buffer = surface_damage_buffer,
};

static void surface_gone(struct wl_resource *resource)
{
	free(wl_resource_get_user_data(resource));
}

static void create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *surface = wl_resource_create(client, &wl_surface_interface, 4, id);
	wl_resource_set_implementation(
		surface, &surface_impl, calloc(1, sizeof(struct surface)), surface_gone);
}

static const struct wl_region_interface region_impl = {
	.destroy = ignore_destroy,
	.add = surface_rectangle,
	.subtract = surface_rectangle,
};

static void create_region(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *region = wl_resource_create(client, &wl_region_interface, 1, id);
	wl_resource_set_implementation(region, &region_impl, NULL, NULL);
}

static const struct wl_compositor_interface compositor_impl = {
	.create_surface = create_surface,
	.create_region = create_region,
};

static void toplevel_string(
	struct wl_client *client, struct wl_resource *resource, const char *text)
{
}

static void toplevel_gone(struct wl_resource *resource)
{
	the_toplevel = NULL;
}

static const struct xdg_toplevel_interface toplevel_impl = {
	.destroy = ignore_destroy,
	.set_title = toplevel_string,
	.set_app_id = toplevel_string,
};

static void get_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	the_toplevel = wl_resource_create(client, &xdg_toplevel_interface, 1, id);
	wl_resource_set_implementation(the_toplevel, &toplevel_impl, NULL, toplevel_gone);
}

static void ack_configure(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
}

static const struct xdg_surface_interface xdg_surface_impl = {
	.destroy = ignore_destroy,
	.get_toplevel = get_toplevel,
	.ack_configure = ack_configure,
};

static void get_xdg_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface)
{
	struct wl_resource *xdg_surface = the_xdg_surface =
		wl_resource_create(client, &xdg_surface_interface, 1, id);
	wl_resource_set_implementation(xdg_surface, &xdg_surface_impl, NULL, NULL);
}

static const struct xdg_wm_base_interface wm_base_impl = {
	.destroy = ignore_destroy,
	.get_xdg_surface = get_xdg_surface,
};

static void set_cursor(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
	struct wl_resource *surface, int32_t x, int32_t y)
{
}

static const struct wl_pointer_interface pointer_impl = {
	.set_cursor = set_cursor,
	.release = ignore_destroy,
};

static void get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *pointer = wl_resource_create(client, &wl_pointer_interface, 5, id);
	wl_resource_set_implementation(pointer, &pointer_impl, NULL, NULL);
}

/* With a pointer: wlroots makes one for each window, after it has told of the window. */
static const struct wl_seat_interface seat_impl = {
	.get_pointer = get_pointer,
	.release = ignore_destroy,
};

static void subsurface_place(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *sibling)
{
}

static void subsurface_move(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y)
{
}

static void subsurface_sync(struct wl_client *client, struct wl_resource *resource)
{
}

static const struct wl_subsurface_interface subsurface_impl = {
	.destroy = ignore_destroy,
	.set_position = subsurface_move,
	.place_above = subsurface_place,
	.place_below = subsurface_place,
	.set_sync = subsurface_sync,
	.set_desync = subsurface_sync,
};

static void get_subsurface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface, struct wl_resource *parent)
{
	struct surface *layer = wl_resource_get_user_data(surface);
	struct wl_resource *subsurface =
		wl_resource_create(client, &wl_subsurface_interface, 1, id);
	wl_resource_set_implementation(subsurface, &subsurface_impl, NULL, NULL);
	layer->is_layer = true;
}

static const struct wl_subcompositor_interface subcompositor_impl = {
	.destroy = ignore_destroy,
	.get_subsurface = get_subsurface,
};

static void viewport_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
	wl_fixed_t y, wl_fixed_t width, wl_fixed_t height)
{
}

static void viewport_destination(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height)
{
}

static const struct wp_viewport_interface viewport_impl = {
	.destroy = ignore_destroy,
	.set_source = viewport_source,
	.set_destination = viewport_destination,
};

static void get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface)
{
	struct wl_resource *viewport = wl_resource_create(client, &wp_viewport_interface, 1, id);
	wl_resource_set_implementation(viewport, &viewport_impl, NULL, NULL);
}

static const struct wp_viewporter_interface viewporter_impl = {
	.destroy = ignore_destroy,
	.get_viewport = get_viewport,
};

static const struct wl_buffer_interface buffer_impl = {.destroy = ignore_destroy};

static void params_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t plane, uint32_t offset, uint32_t stride, uint32_t modifier_hi,
	uint32_t modifier_lo)
{
	close(fd);
}

static void params_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, uint32_t format, uint32_t flags)
{
	struct wl_resource *buffer = wl_resource_create(client, &wl_buffer_interface, 1, 0);
	wl_resource_set_implementation(buffer, &buffer_impl, NULL, NULL);
	zwp_linux_buffer_params_v1_send_created(resource, buffer);
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
	.destroy = ignore_destroy,
	.add = params_add,
	.create = params_create,
};

static void create_params(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	if (habit != FAKE_PARENT_TAKES_DMABUFS) {
		wl_client_post_implementation_error(client, "this parent has no use for dma-bufs");
		return;
	}
	struct wl_resource *params =
		wl_resource_create(client, &zwp_linux_buffer_params_v1_interface, 3, id);
	wl_resource_set_implementation(params, &params_impl, NULL, NULL);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_impl = {
	.destroy = ignore_destroy,
	.create_params = create_params,
};

struct global {
	const struct wl_interface *interface;
	int version;
	const void *implementation;
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	const struct global *global = data;
	struct wl_resource *resource =
		wl_resource_create(client, global->interface, (int)version, id);
	wl_resource_set_implementation(resource, global->implementation, NULL, NULL);
	if (global->interface == &wl_seat_interface) {
		wl_seat_send_capabilities(resource, WL_SEAT_CAPABILITY_POINTER);
		if (version >= WL_SEAT_NAME_SINCE_VERSION) {
			wl_seat_send_name(resource, "seat0");
		}
	} else if (global->interface == &zwp_linux_dmabuf_v1_interface) {
		zwp_linux_dmabuf_v1_send_modifier(resource, DRM_FORMAT_XRGB8888, 0, 0);
	}
}

void fake_parent_globals_create(
	struct wl_display *display, enum fake_parent_habit wanted, struct fake_parent_notes *shared)
{
	static const struct global globals[] = {
		{&wl_compositor_interface, 4, &compositor_impl},
		{&xdg_wm_base_interface, 1, &wm_base_impl},
		{&wl_seat_interface, 5, &seat_impl},
		{&zwp_linux_dmabuf_v1_interface, 3, &dmabuf_impl},
		{&wl_subcompositor_interface, 1, &subcompositor_impl},
		{&wp_viewporter_interface, 1, &viewporter_impl},
	};
	habit = wanted;
	notes = shared;
	wl_display_init_shm(display);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		wl_global_create(display, globals[i].interface, globals[i].version,
			(void *)&globals[i], bind);
	}
}
