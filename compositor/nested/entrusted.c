/* SPDX-License-Identifier: MIT */
#include "nested/entrusted.h"
#include "screen/desktop.h"
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>

#define MAX_ENTRUSTED 64
#define MAX_ENTRUSTED_BY_CLIENT 16

struct entrusted {
	struct wl_list link; /* desktop.entrusted */
	struct wlr_addon addon;
	const struct wl_client *client; /* only ever compared */
};

static void entrusted_handle_addon_destroy(struct wlr_addon *addon)
{
	struct entrusted *entrusted = wl_container_of(addon, entrusted, addon);
	wlr_addon_finish(&entrusted->addon);
	wl_list_remove(&entrusted->link);
	free(entrusted);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "gesso_entrusted",
	.destroy = entrusted_handle_addon_destroy,
};

static bool has_room(const struct desktop *desktop, const struct wl_client *client)
{
	int all = 0, of_client = 0;
	const struct entrusted *entrusted;
	wl_list_for_each(entrusted, &desktop->entrusted, link) {
		all++;
		of_client += entrusted->client == client;
	}
	return all < MAX_ENTRUSTED && of_client < MAX_ENTRUSTED_BY_CLIENT;
}

bool entrusted_note(
	struct desktop *desktop, const struct wl_client *client, struct wlr_buffer *buffer)
{
	if (wlr_addon_find(&buffer->addons, desktop, &addon_impl) != NULL) {
		return true;
	}
	struct entrusted *entrusted =
		has_room(desktop, client) ? calloc(1, sizeof(*entrusted)) : NULL;
	if (entrusted == NULL) {
		return false;
	}
	entrusted->client = client;
	wl_list_insert(&desktop->entrusted, &entrusted->link);
	wlr_addon_init(&entrusted->addon, &buffer->addons, desktop, &addon_impl);
	return true;
}
