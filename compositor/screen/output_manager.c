/* SPDX-License-Identifier: MIT */
#include "screen/output_manager.h"
#include "allocators/layout.h"
#include "guards/output_modes.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/output.h"
#include "screen/output_setup.h"
#include <wlr/backend/wayland.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_management_v1.h>
#include <wlr/util/log.h>

#define MIN_SCALE 0.25f
#define MAX_SCALE 8.0f
/* While clients wait; at the start there is more time. */
#define PARENT_ANSWER_MS 2000

/* What is to be done, in this order: so there is always somewhere for windows to be. */
enum phase {
	PHASE_CHANGE,
	PHASE_TURN_ON,
	PHASE_TURN_OFF,
	PHASES_LEN,
};

static struct output *find_output(const struct desktop *desktop, const struct wlr_output *wanted)
{
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->wlr_output == wanted) {
			return output;
		}
	}
	return NULL;
}

static struct wlr_output_configuration_v1 *describe(const struct output_manager *manager)
{
	struct wlr_output_configuration_v1 *config = wlr_output_configuration_v1_create();
	struct output *output;
	wl_list_for_each(output, &manager->desktop->outputs, link) {
		struct wlr_output_configuration_head_v1 *head = NULL;
		if (config != NULL) {
			head = wlr_output_configuration_head_v1_create(config, output->wlr_output);
		}
		if (head == NULL) {
			wlr_output_configuration_v1_destroy(config);
			return NULL;
		}
		struct wlr_box box = desktop_output_box(manager->desktop, output->wlr_output);
		head->state.enabled = output->scene_output != NULL;
		head->state.x = box.x;
		head->state.y = box.y;
	}
	return config;
}

static void size_of(const struct wlr_output_head_v1_state *state, int *width_px, int *height_px)
{
	*width_px = state->mode != NULL ? state->mode->width : state->custom_mode.width;
	*height_px = state->mode != NULL ? state->mode->height : state->custom_mode.height;
}

/* NULL if the output could be like this, else why not. */
static const char *find_fault(const struct wlr_output_head_v1_state *state)
{
	struct wlr_output *output = state->output;
	int width_px, height_px;
	size_of(state, &width_px, &height_px);
	if (width_px > GESSO_MAX_SIDE_PX || height_px > GESSO_MAX_SIDE_PX) {
		return "the mode is too large";
	}
	if (!(state->scale >= MIN_SCALE && state->scale <= MAX_SCALE)) {
		return "the scale is not from 0.25 to 8";
	}
	if (width_px > 0 && ((float)width_px < state->scale || (float)height_px < state->scale)) {
		return "less than a pixel would be left";
	}
	if (desktop_safe_coordinate(state->x) != state->x ||
		desktop_safe_coordinate(state->y) != state->y) {
		return "the place is too far off";
	}
	if (wlr_output_is_wl(output) && output->enabled &&
		(width_px != output->width || height_px != output->height)) {
		return "the size of a window of a Wayland parent is the parent's to say";
	}
	return NULL;
}

static const struct wlr_output_head_v1_state *find_wanted(
	const struct wlr_output_configuration_v1 *config, const struct wlr_output *output)
{
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		if (head->state.output == output) {
			return &head->state;
		}
	}
	return NULL;
}

/* All outputs together, those of which the client says nothing included. */
static const char *find_common_fault(
	const struct output_manager *manager, const struct wlr_output_configuration_v1 *config)
{
	int64_t pixels = 0;
	size_t on = 0;
	struct output *output;
	wl_list_for_each(output, &manager->desktop->outputs, link) {
		const struct wlr_output_head_v1_state *wanted =
			find_wanted(config, output->wlr_output);
		int width_px = output->wlr_output->width, height_px = output->wlr_output->height;
		bool enabled = output->scene_output != NULL;
		if (wanted != NULL) {
			enabled = wanted->enabled;
			size_of(wanted, &width_px, &height_px);
		}
		on += enabled;
		pixels += enabled ? (int64_t)width_px * height_px : 0;
	}
	if (on == 0) {
		return "no output would be left";
	}
	return pixels > OPTIONS_MAX_PIXELS ? "all outputs together would be too large" : NULL;
}

static const char *find_any_fault(
	const struct output_manager *manager, const struct wlr_output_configuration_v1 *config)
{
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		const char *fault = head->state.enabled ? find_fault(&head->state) : NULL;
		if (find_output(manager->desktop, head->state.output) == NULL) {
			fault = "there is no such output";
		}
		if (fault != NULL) {
			return fault;
		}
	}
	return find_common_fault(manager, config);
}

static bool test_heads(const struct wlr_output_configuration_v1 *config)
{
	bool ok = true;
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		struct wlr_output_state state;
		wlr_output_state_init(&state);
		wlr_output_head_v1_state_apply(&head->state, &state);
		ok = ok && wlr_output_test_state(head->state.output, &state);
		wlr_output_state_finish(&state);
	}
	return ok;
}

/* Windows of a Wayland parent that are to be shown again: it has to say how large. */
static bool announce(
	struct output_manager *manager, const struct wlr_output_configuration_v1 *config)
{
	struct output *output;
	wl_list_for_each(output, &manager->desktop->outputs, link) {
		const struct wlr_output_head_v1_state *wanted =
			find_wanted(config, output->wlr_output);
		if (wanted != NULL && wanted->enabled && output->scene_output == NULL &&
			wlr_output_is_wl(output->wlr_output)) {
			output_setup_announce(output);
		}
	}
	/* a parent that is deaf is waited for once */
	output_setup_wait(manager->desktop, manager->parent_is_deaf ? 1 : PARENT_ANSWER_MS);
	bool ok = true;
	wl_list_for_each(output, &manager->desktop->outputs, link) {
		ok = ok && (!output->pending || output->answered);
		output->pending = output->starting = false;
	}
	manager->parent_is_deaf = !ok;
	return ok;
}

static enum phase phase_of(
	const struct output *output, const struct wlr_output_head_v1_state *wanted)
{
	if (!wanted->enabled) {
		return PHASE_TURN_OFF;
	}
	return output->scene_output != NULL ? PHASE_CHANGE : PHASE_TURN_ON;
}

static bool change(struct output_manager *manager, const struct wlr_output_configuration_v1 *config)
{
	bool ok = true;
	desktop_begin_layout(manager->desktop);
	for (enum phase phase = 0; phase < PHASES_LEN; phase++) {
		const struct wlr_output_configuration_head_v1 *head;
		wl_list_for_each(head, &config->heads, link) {
			struct output *output = find_output(manager->desktop, head->state.output);
			if (ok && output != NULL && phase_of(output, &head->state) == phase) {
				ok = output_setup_change(output, &head->state);
			}
		}
	}
	desktop_end_layout(manager->desktop);
	return ok;
}

/* All of it, or nothing. */
static const char *apply(
	struct output_manager *manager, const struct wlr_output_configuration_v1 *config)
{
	if (!announce(manager, config)) {
		return "the parent has not answered in time";
	}
	/* the parent may have closed windows meanwhile */
	const char *fault = find_any_fault(manager, config);
	if (fault != NULL) {
		return fault;
	}
	struct wlr_output_configuration_v1 *before = describe(manager);
	if (before == NULL) {
		return "no memory";
	}
	bool ok = change(manager, config);
	if (!ok && !change(manager, before)) {
		wlr_log(WLR_ERROR, "output_manager: the outputs cannot be put back as they were");
	}
	wlr_output_configuration_v1_destroy(before);
	return ok ? NULL : "an output refused it";
}

static void answer(struct wlr_output_configuration_v1 *config, const char *fault)
{
	if (fault == NULL) {
		wlr_output_configuration_v1_send_succeeded(config);
	} else {
		wlr_log(WLR_INFO, "output_manager: an arrangement of outputs is refused: %s",
			fault);
		wlr_output_configuration_v1_send_failed(config);
	}
	wlr_output_configuration_v1_destroy(config);
}

static void output_manager_handle_apply(struct wl_listener *listener, void *data)
{
	struct output_manager *manager = wl_container_of(listener, manager, apply);
	const char *fault = find_any_fault(manager, data);
	answer(data, fault != NULL ? fault : apply(manager, data));
}

static void output_manager_handle_test(struct wl_listener *listener, void *data)
{
	struct output_manager *manager = wl_container_of(listener, manager, test);
	const char *fault = find_any_fault(manager, data);
	if (fault == NULL && !test_heads(data)) {
		fault = "an output refuses it";
	}
	answer(data, fault);
}

static bool is_dark(const struct output_manager *manager)
{
	struct output *output;
	bool any = false;
	wl_list_for_each(output, &manager->desktop->outputs, link) {
		any = true;
		if (output->scene_output != NULL || output->pending) {
			return false;
		}
	}
	return any;
}

static void output_manager_handle_rescue(void *data)
{
	struct output_manager *manager = data;
	manager->rescue = NULL;
	manager->rescuing = true;
	struct wlr_output_configuration_v1 *config = is_dark(manager) ? describe(manager) : NULL;
	if (config == NULL) {
		manager->rescuing = false;
		return;
	}
	struct output *first = wl_container_of(manager->desktop->outputs.next, first, link);
	struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		head->state.enabled = head->state.output == first->wlr_output;
	}
	wlr_log(WLR_INFO, "output_manager: no output is on any more: turning on %s",
		first->wlr_output->name);
	const char *fault = apply(manager, config);
	if (fault != NULL) {
		wlr_log(WLR_ERROR, "output_manager: that failed: %s", fault);
	}
	wlr_output_configuration_v1_destroy(config);
	manager->rescuing = false;
}

bool output_manager_init(struct output_manager *manager, struct desktop *desktop)
{
	manager->desktop = desktop;
	manager->manager = wlr_output_manager_v1_create(desktop->display);
	if (manager->manager == NULL) {
		return false;
	}
	listener_attach(
		&manager->apply, &manager->manager->events.apply, output_manager_handle_apply);
	listener_attach(&manager->test, &manager->manager->events.test, output_manager_handle_test);
	return true;
}

void output_manager_finish(struct output_manager *manager)
{
	listener_detach(&manager->apply);
	listener_detach(&manager->test);
	if (manager->rescue != NULL) {
		wl_event_source_remove(manager->rescue);
	}
	manager->rescue = NULL;
	manager->manager = NULL;
}

const struct wl_global *output_manager_global(const struct output_manager *manager)
{
	return manager->manager->global;
}

void output_manager_outputs_changed(struct output_manager *manager)
{
	if (manager->manager == NULL) {
		return;
	}
	struct wlr_output_configuration_v1 *config = describe(manager);
	if (config != NULL) {
		output_modes_mend(manager->manager, config);
		wlr_output_manager_v1_set_configuration(manager->manager, config);
	}
	if (manager->rescue == NULL && !manager->rescuing && is_dark(manager)) {
		manager->rescue =
			wl_event_loop_add_idle(wl_display_get_event_loop(manager->desktop->display),
				output_manager_handle_rescue, manager);
	}
}
