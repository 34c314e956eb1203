/* SPDX-License-Identifier: MIT */
#include "rig.h"
#include "screen/cursor.h"
#include "screen/toplevel.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-client-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

struct rig_client {
	struct wl_list link; /* rig.clients */
	int fd;              /* the client's end, WLCS's: only compared */
	struct wl_client *client;
	struct wl_listener destroy;
};

void rig_abort(const char *words)
{
	fprintf(stderr, "gesso-wlcs: %s\n", words);
	abort();
}

/* WLCS may still hold its ends of connections, and never closes some tests' memory. */
static bool is_foreign(const struct rig *rig, const char *fd)
{
	struct stat status;
	char path[64], target[64] = {0};
	snprintf(path, sizeof(path), "/proc/self/fd/%s", fd);
	if (fstat(atoi(fd), &status) != 0 || readlink(path, target, sizeof(target) - 1) < 0 ||
		strstr(target, "memfd:wlcs-unnamed") != NULL) {
		return true;
	}
	const ino_t *inode;
	wl_array_for_each(inode, &rig->given) {
		if (S_ISSOCK(status.st_mode) && *inode == status.st_ino) {
			return true;
		}
	}
	return false;
}

static int count_entries(const char *path, const struct rig *rig)
{
	DIR *dir = opendir(path);
	int count = 0;
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && (rig == NULL || !is_foreign(rig, entry->d_name))) {
			count++;
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return count;
}

static struct rig_holdings count_holdings(const struct rig *rig)
{
	return (struct rig_holdings){
		.descriptors = count_entries("/proc/self/fd", rig),
		.threads = count_entries("/proc/self/task", NULL),
	};
}

void rig_begin(struct rig *rig)
{
	static char *arguments[] = {
		"gesso", "--backend=headless", "--renderer=pixman", "--size=2048x1024"};
	if (options_parse(&rig->options, sizeof(arguments) / sizeof(arguments[0]), arguments) !=
		OPTIONS_RUN) {
		rig_abort("the options are not gesso's");
	}
	wlr_log_init(rig->options.log_level, NULL);
	wl_list_init(&rig->clients);
	if (!server_create_display(&rig->server, &rig->options) ||
		!server_create_backend(&rig->server) || !server_create_renderer(&rig->server) ||
		!server_create_globals(&rig->server) || !server_start(&rig->server)) {
		rig_abort("the server did not start");
	}
	devices_init(rig);
}

void rig_finish(struct rig *rig)
{
	wl_display_destroy_clients(rig->server.display);
	devices_finish(rig);
	server_finish(&rig->server);
}

static int rig_handle_calls(int fd, uint32_t mask, void *data)
{
	struct wl_event_loop *calls = data;
	wl_event_loop_dispatch(calls, 0);
	return 0;
}

static void rig_start_on_this_thread(WlcsDisplayServer *hooks, struct wl_event_loop *calls)
{
	struct rig *rig = wl_container_of(hooks, rig, hooks);
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	struct rig_holdings before = count_holdings(rig);

	rig_begin(rig);
	struct wl_event_loop *loop = wl_display_get_event_loop(rig->server.display);
	struct wl_event_source *source = wl_event_loop_add_fd(
		loop, wl_event_loop_get_fd(calls), WL_EVENT_READABLE, rig_handle_calls, calls);
	if (source == NULL) {
		rig_abort("no memory");
	}
	server_run(&rig->server);
	wl_event_source_remove(source);
	rig_finish(rig);

	struct rig_holdings after = count_holdings(rig);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (after.descriptors > before.descriptors || after.threads > before.threads) {
		fprintf(stderr,
			"gesso-wlcs: %d descriptors before, %d after; %d threads, then %d\n",
			before.descriptors, after.descriptors, before.threads, after.threads);
		rig_abort("the server left something behind");
	}
}

static void rig_stop(WlcsDisplayServer *hooks)
{
	struct rig *rig = wl_container_of(hooks, rig, hooks);
	server_end(&rig->server, EXIT_SUCCESS);
}

static void rig_client_handle_destroy(struct wl_listener *listener, void *data)
{
	struct rig_client *client = wl_container_of(listener, client, destroy);
	wl_list_remove(&client->link);
	free(client);
}

static void remember_given(struct rig *rig, int fd)
{
	struct stat status;
	ino_t *inode = wl_array_add(&rig->given, sizeof(*inode));
	if (inode == NULL || fstat(fd, &status) != 0) {
		rig_abort("no memory");
	}
	*inode = status.st_ino;
}

int rig_connect(struct rig *rig)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		return -1;
	}
	struct rig_client *client = calloc(1, sizeof(*client));
	if (client != NULL) {
		client->client = wl_client_create(rig->server.display, ends[0]);
	}
	if (client == NULL || client->client == NULL) {
		free(client);
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	remember_given(rig, ends[1]);
	client->fd = ends[1];
	client->destroy.notify = rig_client_handle_destroy;
	wl_client_add_destroy_listener(client->client, &client->destroy);
	wl_list_insert(&rig->clients, &client->link);
	return ends[1];
}

static int rig_create_client_socket(WlcsDisplayServer *hooks)
{
	struct rig *rig = wl_container_of(hooks, rig, hooks);
	return rig_connect(rig);
}

static struct wlr_surface *find_surface(struct rig *rig, int fd, uint32_t id)
{
	struct rig_client *client;
	wl_list_for_each(client, &rig->clients, link) {
		struct wl_resource *resource =
			client->fd == fd ? wl_client_get_object(client->client, id) : NULL;
		if (resource != NULL &&
			strcmp(wl_resource_get_class(resource), "wl_surface") == 0) {
			return wlr_surface_from_resource(resource);
		}
	}
	return NULL;
}

static void rig_position_window_absolute(WlcsDisplayServer *hooks, struct wl_display *client,
	struct wl_surface *surface, int x, int y)
{
	struct rig *rig = wl_container_of(hooks, rig, hooks);
	struct toplevel *toplevel = toplevel_try_from_surface(find_surface(
		rig, wl_display_get_fd(client), wl_proxy_get_id((struct wl_proxy *)surface)));
	if (toplevel != NULL) {
		wlr_scene_node_set_position(&toplevel->tree->node, x, y);
		cursor_refocus(&rig->server.seat.cursor);
	}
}

static const WlcsIntegrationDescriptor *rig_get_descriptor(const WlcsDisplayServer *hooks)
{
	return globals_describe();
}

static WlcsDisplayServer *create_server(int argc, const char **argv)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	if (rig == NULL) {
		rig_abort("no memory");
	}
	rig->hooks = (WlcsDisplayServer){
		.version = WLCS_DISPLAY_SERVER_VERSION,
		.stop = rig_stop,
		.create_client_socket = rig_create_client_socket,
		.position_window_absolute = rig_position_window_absolute,
		.create_pointer = devices_create_pointer,
		.create_touch = devices_create_touch,
		.get_descriptor = rig_get_descriptor,
		.start_on_this_thread = rig_start_on_this_thread,
	};
	return &rig->hooks;
}

static void destroy_server(WlcsDisplayServer *hooks)
{
	struct rig *rig = wl_container_of(hooks, rig, hooks);
	wl_array_release(&rig->given);
	free(rig);
}

__attribute__((visibility("default"))) const WlcsServerIntegration wlcs_server_integration = {
	.version = WLCS_SERVER_INTEGRATION_VERSION,
	.create_server = create_server,
	.destroy_server = destroy_server,
};
