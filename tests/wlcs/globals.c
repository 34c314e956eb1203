/* SPDX-License-Identifier: MIT */
#include "rig.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

/*
 * WLCS skips what the descriptor does not name, and fails what it names wrongly. So it is
 * not written down: a server is made, and a client is told its globals.
 */

#define GLOBALS_MAX 64

static WlcsExtensionDescriptor extensions[GLOBALS_MAX];
static WlcsIntegrationDescriptor descriptor = {
	.version = WLCS_INTEGRATION_DESCRIPTOR_VERSION,
	.supported_extensions = extensions,
};

static void globals_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	if (descriptor.num_extensions == GLOBALS_MAX) {
		rig_abort("more globals than the descriptor has room for");
	}
	extensions[descriptor.num_extensions++] =
		(WlcsExtensionDescriptor){.name = strdup(interface), .version = version};
}

static void globals_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static void globals_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
}

static const struct wl_registry_listener registry_listener = {
	.global = globals_handle_global,
	.global_remove = globals_handle_global_remove,
};
static const struct wl_callback_listener done_listener = {.done = globals_handle_done};

/* Both ends are on this thread: neither may wait for the other. */
static void pass_messages(struct rig *rig, struct wl_display *client)
{
	wl_display_flush(client);
	wl_event_loop_dispatch(wl_display_get_event_loop(rig->server.display), 0);
	wl_display_flush_clients(rig->server.display);
	if (wl_display_dispatch(client) < 0) {
		rig_abort("the server ended the connection");
	}
}

static void ask(struct rig *rig)
{
	struct wl_display *client = wl_display_connect_to_fd(rig_connect(rig));
	if (client == NULL) {
		rig_abort("no connection to the server");
	}
	bool done = false;
	struct wl_registry *registry = wl_display_get_registry(client);
	struct wl_callback *callback = wl_display_sync(client);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	wl_callback_add_listener(callback, &done_listener, &done);
	while (!done) {
		pass_messages(rig, client);
	}
	wl_callback_destroy(callback);
	wl_registry_destroy(registry);
	wl_display_disconnect(client);
}

const WlcsIntegrationDescriptor *globals_describe(void)
{
	if (descriptor.num_extensions == 0) {
		struct rig *rig = calloc(1, sizeof(*rig));
		sigset_t mask;
		if (rig == NULL) {
			rig_abort("no memory");
		}
		pthread_sigmask(SIG_SETMASK, NULL, &mask);
		rig_begin(rig);
		ask(rig);
		rig_finish(rig);
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
		wl_array_release(&rig->given);
		free(rig);
	}
	return &descriptor;
}
