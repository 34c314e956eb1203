/* SPDX-License-Identifier: MIT */
#include "guards/output_modes.h"
#include "wlr-output-management-unstable-v1-protocol.h"
#include <wayland-server-core.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_management_v1.h>

static bool has_mode(const struct wlr_output_head_v1 *head, struct wl_client *client,
	const struct wlr_output_mode *mode)
{
	struct wl_resource *resource;
	wl_resource_for_each(resource, &head->mode_resources) {
		if (wl_resource_get_client(resource) == client &&
			wl_resource_get_user_data(resource) == mode) {
			return true;
		}
	}
	return false;
}

static void withdraw_mode(struct wlr_output_head_v1 *head, const struct wlr_output_mode *mode)
{
	struct wl_resource *resource, *tmp;
	wl_resource_for_each_safe(resource, tmp, &head->mode_resources) {
		if (wl_resource_get_user_data(resource) == mode) {
			zwlr_output_mode_v1_send_finished(resource);
			wl_list_remove(wl_resource_get_link(resource));
			wl_list_init(wl_resource_get_link(resource));
		}
	}
}

/* NULL if it is to be off, and then nobody is told of a mode. */
static const struct wlr_output_head_v1_state *find_shown(
	const struct wlr_output_configuration_v1 *config, const struct wlr_output *output)
{
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		if (head->state.output == output) {
			return head->state.enabled ? &head->state : NULL;
		}
	}
	return NULL;
}

void output_modes_mend(
	struct wlr_output_manager_v1 *manager, const struct wlr_output_configuration_v1 *config)
{
	struct wlr_output_head_v1 *head;
	wl_list_for_each(head, &manager->heads, link) {
		const struct wlr_output_head_v1_state *next =
			find_shown(config, head->state.output);
		bool complete = true;
		struct wl_resource *resource;
		wl_resource_for_each(resource, &head->resources) {
			complete = complete &&
				(next == NULL ||
					has_mode(head, wl_resource_get_client(resource),
						next->mode));
		}
		if (!complete) {
			withdraw_mode(head, next->mode);
		}
	}
}
