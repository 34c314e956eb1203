/* SPDX-License-Identifier: MIT */
#include "scene.h"
#include "capture.h"
#include "check.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void scene_show(struct window *window, struct buffer *buffer, struct client *client, int width_px,
	int height_px, uint32_t color)
{
	struct picture picture;
	if (window->surface == NULL) {
		window_create(window, client, "hostile");
	}
	buffer_create_shm(buffer, client, width_px, height_px, DRM_FORMAT_XRGB8888);
	picture_init(&picture, width_px, height_px, color);
	picture_encode(&picture, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	picture_finish(&picture);
	window_show(window, buffer);
}

void scene_begin(struct scene *scene)
{
	*scene = (struct scene){0};
	server_start(&scene->server, "--renderer pixman --allocator memfd --size %dx%d",
		SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	client_connect(&scene->bystander, &scene->server);
	scene_show(&scene->window, &scene->buffer, &scene->bystander, 80, 60, SCENE_COLOR);
	client_connect(&scene->offender, &scene->server);
}

static void check_sanitizers(void)
{
	static char content[1 << 20];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-1.log", workdir_path());
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	CHECK(strstr(content, "runtime error: ") == NULL);
	CHECK(strstr(content, "Sanitizer: ") == NULL);
}

void scene_end(struct scene *scene)
{
	if (scene->offender.display != NULL) {
		client_disconnect(&scene->offender);
	}
	surface_commit_wait(&scene->bystander, scene->window.surface, &scene->buffer);
	server_check_alive(&scene->server);
	client_disconnect(&scene->bystander);
	buffer_unmap(&scene->buffer);
	server_stop(&scene->server);
	check_sanitizers();
}

struct search {
	const struct wl_interface *interface;
	uint32_t version;
	void *found;
};

static void search_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct search *search = data;
	if (strcmp(interface, search->interface->name) == 0) {
		CHECK_INT(>=, version, search->version);
		search->found =
			wl_registry_bind(registry, name, search->interface, search->version);
	}
}

static void search_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener search_listener = {
	.global = search_handle_global,
	.global_remove = search_handle_global_remove,
};

void *scene_bind(struct client *client, const struct wl_interface *interface, uint32_t version)
{
	struct search search = {.interface = interface, .version = version};
	struct wl_registry *registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(registry, &search_listener, &search);
	client_roundtrip(client);
	wl_registry_destroy(registry);
	return search.found;
}

void scene_use_xdg_shell_3(struct scene *scene)
{
	xdg_wm_base_destroy(scene->offender.wm_base);
	scene->offender.wm_base = scene_bind(&scene->offender, &xdg_wm_base_interface, 3);
	CHECK(scene->offender.wm_base != NULL);
}

struct box scene_find(struct scene *scene, uint32_t color)
{
	struct picture picture;
	capture_output(&picture, &scene->bystander, 0);
	int left = picture.width_px, top = picture.height_px, right = 0, bottom = 0;
	for (int i = 0; i < picture.width_px * picture.height_px; i++) {
		int x = i % picture.width_px, y = i / picture.width_px;
		if (picture.pixels[i] == color) {
			left = x < left ? x : left;
			top = y < top ? y : top;
			right = x + 1 > right ? x + 1 : right;
			bottom = y + 1 > bottom ? y + 1 : bottom;
		}
	}
	picture_finish(&picture);
	return (struct box){left, top, right - left, bottom - top};
}

struct xdg_popup *scene_create_popup(
	struct client *client, struct xdg_surface *xdg_surface, struct xdg_surface *parent)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, 20, 10);
	xdg_positioner_set_anchor_rect(positioner, 5, 6, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	struct xdg_popup *popup = xdg_surface_get_popup(xdg_surface, parent, positioner);
	xdg_positioner_destroy(positioner);
	return popup;
}
