/* SPDX-License-Identifier: MIT */
/* Gesso in a window of a parent that does not do what parents do. */
#include "capture.h"
#include "case.h"
#include "linux-dmabuf-v1-protocol.h"
#include "window.h"
#include "workdir.h"
#include "xdg-shell-protocol.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server.h>

enum habit {
	CLOSES_AT_ONCE,  /* the first commit is answered with xdg_toplevel.close */
	STOPS_ANSWERING, /* from the first commit on */
	ENDS_WHO_ASKS,   /* of a dma-buf; else it shows what it is given */
};

#define WIDTH_PX 200
#define HEIGHT_PX 150

static enum habit habit;
static struct wl_resource *the_toplevel, *the_xdg_surface;
static struct wl_resource *the_callback, *the_buffer, *the_last_buffer;

static void ignore_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void surface_attach(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *buffer, int32_t x, int32_t y)
{
	the_buffer = buffer;
}

static void surface_rectangle(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height)
{
}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	the_callback = wl_resource_create(client, &wl_callback_interface, 1, id);
}

static void surface_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
}

static void surface_number(struct wl_client *client, struct wl_resource *resource, int32_t number)
{
}

/* The one before is free, and the next may come. */
static void show(void)
{
	static bool configured;
	if (!configured && the_xdg_surface != NULL) {
		struct wl_array states;
		wl_array_init(&states);
		xdg_toplevel_send_configure(the_toplevel, WIDTH_PX, HEIGHT_PX, &states);
		xdg_surface_send_configure(the_xdg_surface, 1);
		configured = true;
	}
	if (the_last_buffer != NULL && the_last_buffer != the_buffer) {
		wl_buffer_send_release(the_last_buffer);
	}
	the_last_buffer = the_buffer;
	if (the_callback != NULL) {
		usleep(10000);
		wl_callback_send_done(the_callback, 0);
		wl_resource_destroy(the_callback);
		the_callback = NULL;
	}
}

static void surface_request_commit(struct wl_client *client, struct wl_resource *resource)
{
	if (habit == ENDS_WHO_ASKS) {
		show();
	}
	if (the_toplevel != NULL && habit == CLOSES_AT_ONCE) {
		xdg_toplevel_send_close(the_toplevel);
	} else if (the_toplevel != NULL && habit == STOPS_ANSWERING) {
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
	.damage_buffer = surface_rectangle,
};

static void create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *surface = wl_resource_create(client, &wl_surface_interface, 4, id);
	wl_resource_set_implementation(surface, &surface_impl, NULL, NULL);
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

static void create_params(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	wl_client_post_implementation_error(client, "this parent has no use for dma-bufs");
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

static void serve(void)
{
	static const struct global globals[] = {
		{&wl_compositor_interface, 4, &compositor_impl},
		{&xdg_wm_base_interface, 1, &wm_base_impl},
		{&wl_seat_interface, 5, &seat_impl},
		{&zwp_linux_dmabuf_v1_interface, 3, &dmabuf_impl},
	};
	struct wl_display *display = wl_display_create();
	CHECK_EQUAL(wl_display_add_socket(display, "parent"), 0);
	wl_display_init_shm(display);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		wl_global_create(display, globals[i].interface, globals[i].version,
			(void *)&globals[i], bind);
	}
	wl_display_run(display);
}

static void check_log(const char *name, const char *words)
{
	static char content[1 << 18];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", workdir_path(), name);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	CHECK(strstr(content, "Sanitizer: ") == NULL);
	CHECK(strstr(content, words) != NULL);
}

static pid_t start_parent(enum habit wanted)
{
	habit = wanted;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve();
		_exit(0);
	}
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/parent", workdir_path());
	while (access(path, F_OK) != 0) {
		usleep(10000);
	}
	setenv("WAYLAND_DISPLAY", "parent", 1);
	return pid;
}

static void end_parent(pid_t pid)
{
	CHECK_EQUAL(kill(pid, SIGKILL), 0);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
}

static void run_under(enum habit wanted, int outputs, const char *words)
{
	pid_t pid = start_parent(wanted);
	CHECK_EQUAL(server_run("nested.log", "--backend wayland --renderer pixman --outputs %d",
			    outputs),
		1);
	check_log("nested.log", words);
	end_parent(pid);
}

CASE(parent_closes_the_window_at_once)
{
	run_under(CLOSES_AT_ONCE, 1, "no output can be shown");
}

CASE(parent_closes_two_windows_at_once)
{
	run_under(CLOSES_AT_ONCE, 2, "no output can be shown");
}

CASE(parent_stops_answering)
{
	run_under(STOPS_ANSWERING, 1, "the parent has not answered");
}

/* It ends the connection on which it is asked, each time: the pictures are composed. */
CASE(parent_ends_who_asks)
{
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffers[6];
	pid_t parent = start_parent(ENDS_WHO_ASKS);
	case_need_allocator("udmabuf");
	setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", 1);
	server_start(
		&server, "--backend wayland --renderer pixman --allocator udmabuf --fullscreen");
	client_connect(&client, &server);
	window_create(&window, &client, "asks");
	for (uint32_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		struct picture picture, got;
		buffer_create(
			&buffers[i], &client, "native", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
		picture_init(&picture, WIDTH_PX, HEIGHT_PX, 0);
		picture_fill(&picture, i, 0);
		buffer_begin_paint(&buffers[i]);
		picture_encode(
			&picture, buffers[i].pixels, buffers[i].stride_bytes, DRM_FORMAT_XRGB8888);
		buffer_end_paint(&buffers[i]);
		window_show(&window, &buffers[i]);
		window_show(&window, &buffers[i]);
		capture_output(&got, &client, 0);
		picture_check(&got, &picture, 0, "composed");
		picture_finish(&got);
		picture_finish(&picture);
	}
	check_log("gesso-1.log", "the parent ended the connection on which it was asked");
	window_destroy(&window);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		buffer_destroy(&buffers[i]);
	}
	client_disconnect(&client);
	server_stop(&server);
	end_parent(parent);
}

/* A full-screen buffer in a pool with these seals, which are added once gesso has mapped it. */
static void show_sealed(struct client *client, struct window *window, int seals)
{
	const int bytes = WIDTH_PX * HEIGHT_PX * 4;
	int fd = memfd_create("pool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, bytes), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, bytes);
	struct buffer buffer = {
		.wl_buffer = wl_shm_pool_create_buffer(
			pool, 0, WIDTH_PX, HEIGHT_PX, WIDTH_PX * 4, WL_SHM_FORMAT_XRGB8888),
		.width_px = WIDTH_PX,
		.height_px = HEIGHT_PX,
	};
	client_roundtrip(client);
	CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, seals), 0);
	for (int round = 0; round < 4; round++) {
		surface_commit_wait(client, window->surface, &buffer);
	}
	wl_buffer_destroy(buffer.wl_buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
}

/* What the parent could not map it would hold against gesso. */
CASE(pool_that_the_parent_cannot_map)
{
	struct server outer, inner;
	struct client client;
	struct window window;
	server_start(&outer, "--renderer pixman --fullscreen --size %dx%d", WIDTH_PX, HEIGHT_PX);
	setenv("WAYLAND_DISPLAY", outer.socket, 1);
	setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", 1);
	server_start(&inner, "--backend wayland --renderer pixman --fullscreen");
	client_connect(&client, &inner);
	window_create(&window, &client, "sealed");
	show_sealed(&client, &window, F_SEAL_SHRINK);
	check_log("gesso-2.log", "the window's buffer goes to the parent");
	show_sealed(&client, &window, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
	check_log("gesso-2.log", "its pool is no memfd, or cannot be sealed for a parent");
	for (int i = 0; i < 40; i++) {
		show_sealed(&client, &window, F_SEAL_SHRINK | F_SEAL_GROW);
	}
	server_check_alive(&inner);
	window_destroy(&window);
	client_disconnect(&client);
	server_stop(&inner);
	server_stop(&outer);
}
