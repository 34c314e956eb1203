/* SPDX-License-Identifier: MIT */
#include "memory/client_end.h"
#include <stdlib.h>
#include <sys/types.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

struct ending {
	struct wl_client *client;
	struct wl_event_source *idle;
	struct wl_listener destroy;
};

static void ending_free(struct ending *ending)
{
	wl_list_remove(&ending->destroy.link);
	free(ending);
}

static void ending_handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct ending *ending = wl_container_of(listener, ending, destroy);
	wl_event_source_remove(ending->idle);
	ending_free(ending);
}

static void ending_handle_idle(void *data)
{
	struct ending *ending = data;
	struct wl_client *client = ending->client;
	ending_free(ending);
	wl_client_flush(client);
	wl_client_destroy(client);
}

bool gesso_client_is_ending(struct wl_client *client)
{
	return wl_client_get_destroy_listener(client, ending_handle_client_destroy) != NULL;
}

void gesso_client_end(struct wl_client *client, const char *why)
{
	if (gesso_client_is_ending(client)) {
		return;
	}
	pid_t pid = 0;
	wl_client_get_credentials(client, &pid, NULL, NULL);
	wlr_log(WLR_INFO, "client_end: pid %d is ended: %s", (int)pid, why);
	wl_client_post_no_memory(client);

	struct wl_event_loop *loop = wl_display_get_event_loop(wl_client_get_display(client));
	struct ending *ending = calloc(1, sizeof(*ending));
	if (ending == NULL) {
		return;
	}
	ending->client = client;
	ending->idle = wl_event_loop_add_idle(loop, ending_handle_idle, ending);
	if (ending->idle == NULL) {
		free(ending);
		return;
	}
	ending->destroy.notify = ending_handle_client_destroy;
	wl_client_add_destroy_listener(client, &ending->destroy);
}
