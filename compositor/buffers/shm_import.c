/* SPDX-License-Identifier: MIT */
#include "buffers/shm_import.h"
#include "buffers/shm_import_impl.h"
#include "memory/clock.h"
#include "memory/each_frame.h"
#include "renderer/render_context.h"
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

/* A client that was not told to paint yet cannot show what it would do. It may never be. */
#define MAX_HOLD_EXTENSIONS 8

struct import_surface {
	struct wl_list link;
	struct shm_import *shm_import;
	struct wlr_surface *surface;
	struct shm_policy policy;
	const struct import_record *last; /* only ever compared */
	struct wlr_buffer *held;          /* locked: a trial is on (shm_policy.h) */
	struct wl_event_source *hold_end;
	int hold_extensions;
	enum gesso_reason_code logged;
	struct wl_listener client_commit, destroy;
};

static void end_hold(struct import_surface *watch)
{
	struct wlr_buffer *held = watch->held;
	watch->held = NULL;
	if (watch->hold_end != NULL) {
		wl_event_source_timer_update(watch->hold_end, 0);
	}
	wlr_buffer_unlock(held);
}

static int surface_handle_hold_end(void *data)
{
	struct import_surface *watch = data;
	bool waits_for_frame = !wl_list_empty(&watch->surface->current.frame_callback_list);
	if (waits_for_frame && watch->hold_extensions++ < MAX_HOLD_EXTENSIONS) {
		wl_event_source_timer_update(watch->hold_end, shm_policy_hold_ms(&watch->policy));
	} else if (watch->held != NULL) {
		shm_policy_hold_ran_out(&watch->policy, clock_now_ms());
		end_hold(watch);
	}
	return 0;
}

static void begin_hold(struct import_surface *watch, struct wlr_buffer *buffer)
{
	if (watch->hold_end == NULL) {
		watch->hold_end = wl_event_loop_add_timer(
			watch->shm_import->loop, surface_handle_hold_end, watch);
	}
	if (watch->hold_end == NULL ||
		wl_event_source_timer_update(watch->hold_end, shm_policy_hold_ms(&watch->policy)) !=
			0) {
		wlr_log_errno(WLR_ERROR, "shm_import: holding a buffer for a trial failed");
		return;
	}
	watch->hold_extensions = 0;
	watch->held = wlr_buffer_lock(buffer);
}

EACH_FRAME static uint64_t region_pixels(const pixman_region32_t *region)
{
	int len;
	uint64_t pixels = 0;
	const pixman_box32_t *rects = pixman_region32_rectangles(region, &len);
	for (int i = 0; i < len; i++) {
		pixels += (uint64_t)(rects[i].x2 - rects[i].x1) *
			(uint64_t)(rects[i].y2 - rects[i].y1);
	}
	return pixels;
}

/* wlroots has cut both regions to what there is. */
static unsigned int damage_percent(const struct wlr_surface_state *pending)
{
	uint64_t surface_pixels = (uint64_t)pending->width * (uint64_t)pending->height;
	uint64_t buffer_pixels = (uint64_t)pending->buffer_width * (uint64_t)pending->buffer_height;
	uint64_t percent = region_pixels(&pending->buffer_damage) * 100 / buffer_pixels;
	if (surface_pixels > 0) {
		percent += region_pixels(&pending->surface_damage) * 100 / surface_pixels;
	}
	bool some = pixman_region32_not_empty(&pending->buffer_damage) ||
		pixman_region32_not_empty(&pending->surface_damage);
	return percent > 100 ? 100 : percent > 0 ? (unsigned int)percent : some;
}

static bool is_cursor(const struct wlr_surface *surface)
{
	return surface->role != NULL && strcmp(surface->role->name, "wl_pointer-cursor") == 0;
}

static enum shm_decision decide(struct import_surface *watch, const struct import_record *record,
	const struct wlr_shm_attributes *shm, struct gesso_reason *why)
{
	const struct shm_commit commit = {
		.size_bytes = (size_t)shm->stride * (size_t)shm->height,
		.damage_percent = damage_percent(&watch->surface->pending),
		.first = record->commits == 0,
		.again = record->commits > 0 && watch->last == record,
		.held = import_record_is_held(record),
		.replaced = watch->held != NULL && watch->held->dropped,
		.now_ms = clock_now_ms(),
	};
	if (watch->shm_import->choice == GESSO_SHM_IMPORT) {
		return SHM_DECISION_IMPORT;
	}
	if (is_cursor(watch->surface)) {
		/* drawn into a plane of its own, at a time that nobody waits for */
		gesso_reason_set(why, GESSO_REASON_SMALL, "small: a cursor");
		return SHM_DECISION_UPLOAD;
	}
	return shm_policy_decide(&watch->policy, &commit, why);
}

static bool import_pending(
	struct import_surface *watch, struct import_record *record, struct gesso_reason *why)
{
	struct shm_import *shm_import = watch->shm_import;
	struct wl_client *client = wl_resource_get_client(watch->surface->resource);
	struct gesso_ledger_client *account = gesso_ledger_client_get(shm_import->ledger, client);
	if (account == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for the ledger");
		return false;
	}
	if (!import_record_import(record, shm_import, account, why)) {
		gesso_ledger_client_refused(account, GESSO_PATH_SHM_IMPORT, why);
		return false;
	}
	watch->surface->pending.buffer = import_record_show(record);
	return true;
}

EACH_FRAME static void tell(struct import_surface *watch, const struct gesso_reason *choice)
{
	gesso_ledger_surface_set_choice(watch->surface, choice);
	if (watch->logged != choice->code) {
		watch->logged = choice->code;
		wlr_log(WLR_DEBUG, "shm_import: a surface of %dx%d is %s%s",
			watch->surface->pending.buffer_width, watch->surface->pending.buffer_height,
			choice->code == GESSO_REASON_NONE ? "imported" : "uploaded: ",
			choice->words);
	}
}

static void choose(struct import_surface *watch, struct wlr_buffer *buffer,
	const struct wlr_shm_attributes *shm)
{
	struct gesso_reason why = {0};
	struct import_record *record = import_record_get(watch->shm_import, buffer);
	if (record == NULL) {
		gesso_reason_set(&why, GESSO_REASON_NO_MEMORY, "no memory");
		tell(watch, &why);
		return;
	}
	enum shm_decision decision = decide(watch, record, shm, &why);
	end_hold(watch);
	if (decision == SHM_DECISION_IMPORT && import_pending(watch, record, &why)) {
		why = (struct gesso_reason){0};
	} else {
		if (record->refusal.code != GESSO_REASON_NONE) {
			shm_policy_refused(&watch->policy);
		}
		import_record_retire(record);
		if (decision == SHM_DECISION_UPLOAD_AND_HOLD) {
			begin_hold(watch, buffer);
		}
	}
	record->commits++;
	watch->last = record;
	tell(watch, &why);
}

EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct import_surface *watch = wl_container_of(listener, watch, client_commit);
	const struct wlr_surface_state *pending = &watch->surface->pending;
	struct wlr_shm_attributes shm;
	if (!watch->shm_import->context->gles2 ||
		(pending->committed & WLR_SURFACE_STATE_BUFFER) == 0 || pending->buffer == NULL ||
		native_buffer_try_from_buffer(pending->buffer) != NULL ||
		!wlr_buffer_get_shm(pending->buffer, &shm)) {
		return;
	}
	if (watch->shm_import->choice == GESSO_SHM_UPLOAD) {
		struct gesso_reason forced;
		gesso_reason_set(&forced, GESSO_REASON_DISABLED, "turned off by an option");
		tell(watch, &forced);
		return;
	}
	choose(watch, pending->buffer, &shm);
}

static void import_surface_destroy(struct import_surface *watch)
{
	end_hold(watch);
	if (watch->hold_end != NULL) {
		wl_event_source_remove(watch->hold_end);
	}
	wl_list_remove(&watch->client_commit.link);
	wl_list_remove(&watch->destroy.link);
	wl_list_remove(&watch->link);
	free(watch);
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct import_surface *watch = wl_container_of(listener, watch, destroy);
	import_surface_destroy(watch);
}

static void import_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct shm_import *shm_import = wl_container_of(listener, shm_import, new_surface);
	struct wlr_surface *surface = data;
	struct import_surface *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		wlr_log(WLR_ERROR, "shm_import: a surface is not watched: no memory");
		return;
	}
	watch->shm_import = shm_import;
	watch->surface = surface;
	watch->client_commit.notify = surface_handle_client_commit;
	wl_signal_add(&surface->events.client_commit, &watch->client_commit);
	watch->destroy.notify = surface_handle_destroy;
	wl_signal_add(&surface->events.destroy, &watch->destroy);
	wl_list_insert(&shm_import->surfaces, &watch->link);
}

static void import_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct shm_import *shm_import = wl_container_of(listener, shm_import, compositor_destroy);
	struct import_surface *watch, *next;
	wl_list_for_each_safe(watch, next, &shm_import->surfaces, link) {
		import_surface_destroy(watch);
	}
	import_buffers_detach(shm_import);
	wl_list_remove(&shm_import->new_surface.link);
	wl_list_remove(&shm_import->compositor_destroy.link);
	free(shm_import);
}

bool gesso_shm_import_create(struct wl_display *display, struct wlr_compositor *compositor,
	struct gesso_render_context *context, struct gesso_allocator_chain *chain,
	struct gesso_ledger *ledger, enum gesso_shm_choice choice)
{
	if (!context->gles2) {
		return true; /* pixman samples every pool in place, and is never exchanged */
	}
	struct shm_import *shm_import = calloc(1, sizeof(*shm_import));
	if (shm_import == NULL) {
		return false;
	}
	shm_import->loop = wl_display_get_event_loop(display);
	shm_import->context = context;
	shm_import->chain = chain;
	shm_import->ledger = ledger;
	shm_import->choice = choice;
	wl_list_init(&shm_import->surfaces);
	wl_list_init(&shm_import->imports);
	shm_import->new_surface.notify = import_handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &shm_import->new_surface);
	shm_import->compositor_destroy.notify = import_handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &shm_import->compositor_destroy);
	return true;
}
