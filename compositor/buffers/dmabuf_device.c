/* SPDX-License-Identifier: MIT */
#include "buffers/linux_dmabuf_impl.h"
#include "renderer/render_context.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

#define DMABUF_DEVICE_VERSION 4

/* The last buffer that was charged, until wlroots has made it: it does so in one request. */
struct charged {
	struct gesso_ledger_client *client; /* NULL if there is none */
	struct dmabuf_buffer *copied;       /* to stand for it, and charged; NULL: it is imported */
	uint64_t bytes;
	size_t planes_len;
	struct wl_resource *resource; /* its wl_buffer; NULL before that is made */
	struct wl_listener resource_created, resource_destroy;
};

struct dmabuf_device {
	struct gesso_linux_dmabuf *linux_dmabuf;
	struct wlr_linux_dmabuf_v1 *global;
	struct wl_protocol_logger *logger;
	struct wl_client *asking; /* whose create or create_immed is being served */
	struct charged charged;
};

/* Planes of one zwp_linux_buffer_params_v1 that no buffer was made of yet. */
struct held_planes {
	struct gesso_ledger_client *client;
	size_t len;
	struct wl_listener destroy;
};

/* A buffer that is there only for as long as it takes to import it. */
struct trial_buffer {
	struct wlr_buffer base;
	const struct wlr_dmabuf_attributes *claim;
};

static void trial_buffer_destroy(struct wlr_buffer *base)
{
}

static bool trial_buffer_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attribs)
{
	struct trial_buffer *trial = wl_container_of(base, trial, base);
	*attribs = *trial->claim;
	return true;
}

static const struct wlr_buffer_impl trial_buffer_impl = {
	.destroy = trial_buffer_destroy,
	.get_dmabuf = trial_buffer_get_dmabuf,
};

static bool try_import(struct dmabuf_device *device, const struct wlr_dmabuf_attributes *claim)
{
	const struct gesso_render_context *context = device->linux_dmabuf->context;
	struct trial_buffer trial = {.claim = claim};
	wlr_buffer_init(&trial.base, &trial_buffer_impl, claim->width, claim->height);
	struct wlr_texture *texture = wlr_texture_from_buffer(context->renderer, &trial.base);
	bool imported = texture != NULL;
	wlr_texture_destroy(texture);
	wlr_buffer_drop(&trial.base);
	return imported;
}

/* Each dma-buf once, however many planes lie in it. */
static uint64_t count_bytes(const struct wlr_dmabuf_attributes *claim)
{
	struct stat status[WLR_DMABUF_MAX_PLANES] = {0};
	uint64_t bytes = 0;
	for (int i = 0; i < claim->n_planes; i++) {
		bool known = fstat(claim->fd[i], &status[i]) != 0;
		for (int j = 0; j < i; j++) {
			known = known || status[j].st_ino == status[i].st_ino;
		}
		bytes += known ? 0 : (uint64_t)status[i].st_size;
	}
	return bytes;
}

static void charged_forget(struct charged *charged)
{
	charged->client = NULL;
	wl_list_remove(&charged->resource_created.link);
	wl_list_remove(&charged->resource_destroy.link);
}

static void charged_give_back(struct charged *charged)
{
	struct gesso_ledger_client *client = charged->client;
	charged_forget(charged);
	if (charged->copied != NULL) {
		dmabuf_buffer_drop(charged->copied);
	} else {
		gesso_ledger_client_discharge(client, charged->bytes);
	}
}

static void charged_handle_resource_destroy(struct wl_listener *listener, void *data)
{
	struct charged *charged = wl_container_of(listener, charged, resource_destroy);
	charged_give_back(charged);
}

static void charged_handle_resource_created(struct wl_listener *listener, void *data)
{
	struct charged *charged = wl_container_of(listener, charged, resource_created);
	struct wl_resource *resource = data;
	if (charged->resource == NULL &&
		strcmp(wl_resource_get_class(resource), "wl_buffer") == 0) {
		charged->resource = resource;
		charged->resource_destroy.notify = charged_handle_resource_destroy;
		wl_resource_add_destroy_listener(resource, &charged->resource_destroy);
	}
}

/* The request that charged it is over: the ledger has the buffer, or there is none. */
static void charged_settle(struct charged *charged)
{
	if (charged->client == NULL) {
		return;
	}
	struct wlr_dmabuf_v1_buffer *made = charged->resource != NULL
		? wlr_dmabuf_v1_buffer_try_from_buffer_resource(charged->resource)
		: NULL;
	if (made != NULL && charged->copied != NULL) {
		dmabuf_buffer_take_over(charged->copied, made);
		charged_forget(charged);
	} else if (made != NULL &&
		gesso_ledger_buffer_enter(
			charged->client, &made->base, charged->bytes, charged->planes_len - 1)) {
		charged_forget(charged);
	} else {
		charged_give_back(charged);
	}
}

static void charged_begin(struct charged *charged, struct gesso_ledger_client *client,
	struct dmabuf_buffer *copied, uint64_t bytes, const struct wlr_dmabuf_attributes *claim)
{
	*charged = (struct charged){
		.client = client,
		.copied = copied,
		.bytes = bytes,
		.planes_len = (size_t)claim->n_planes,
		.resource_created.notify = charged_handle_resource_created,
	};
	wl_list_init(&charged->resource_destroy.link);
	wl_client_add_resource_created_listener(client->client, &charged->resource_created);
}

/* Nothing of it is charged or kept but by what is returned; `why` has why it was not imported. */
static struct dmabuf_buffer *try_copy(struct dmabuf_device *device,
	struct gesso_ledger_client *client, const struct wlr_dmabuf_attributes *claim,
	struct gesso_reason *why)
{
	const char *name = device->linux_dmabuf->context->name;
	struct gesso_reason not_copied;
	struct dmabuf_buffer *copied = NULL;
	if (dmabuf_lies_in_rows(claim, &not_copied)) {
		copied = dmabuf_buffer_create_copied(
			device->linux_dmabuf, client, claim, &not_copied);
	}
	if (copied != NULL) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s did not import it: it is copied", name);
	} else {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s did not import it, and it is not copied: %s", name, not_copied.words);
	}
	return copied;
}

/* wlroots asks this in create and create_immed, with the descriptors borrowed. */
static bool device_check(struct wlr_dmabuf_attributes *claim, void *data)
{
	struct dmabuf_device *device = data;
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(device->linux_dmabuf->ledger, device->asking);
	if (client == NULL) {
		return false;
	}
	struct dmabuf_verdict verdict = dmabuf_check(claim, 0);
	uint64_t bytes = verdict.ok ? count_bytes(claim) : 0;
	if (!verdict.ok || !gesso_ledger_client_charge(client, bytes, &verdict.why)) {
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, &verdict.why);
		return false;
	}
	struct dmabuf_buffer *copied = NULL;
	if (!try_import(device, claim)) {
		gesso_ledger_client_discharge(client, bytes);
		copied = try_copy(device, client, claim, &verdict.why);
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, &verdict.why);
		if (copied == NULL) {
			return false;
		}
	}
	charged_begin(&device->charged, client, copied, bytes, claim);
	return true;
}

static void held_drop(struct held_planes *held)
{
	if (held->len > 0) {
		gesso_ledger_client_drop_planes(held->client, held->len);
		held->len = 0;
	}
}

static void held_handle_destroy(struct wl_listener *listener, void *data)
{
	struct held_planes *held = wl_container_of(listener, held, destroy);
	held_drop(held);
	free(held);
}

static struct held_planes *held_get(struct wl_resource *params)
{
	struct wl_listener *listener =
		wl_resource_get_destroy_listener(params, held_handle_destroy);
	struct held_planes *held = NULL;
	if (listener != NULL) {
		return wl_container_of(listener, held, destroy);
	}
	held = calloc(1, sizeof(*held));
	if (held != NULL) {
		held->destroy.notify = held_handle_destroy;
		wl_resource_add_destroy_listener(params, &held->destroy);
	}
	return held;
}

static void hold_plane(struct dmabuf_device *device, struct wl_resource *params)
{
	struct wl_client *wl_client = wl_resource_get_client(params);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(device->linux_dmabuf->ledger, wl_client);
	struct held_planes *held = held_get(params);
	struct gesso_reason why = {0};
	if (client != NULL && held != NULL && gesso_ledger_client_hold_plane(client, &why)) {
		held->client = client;
		held->len++;
		return;
	}
	if (why.code != GESSO_REASON_NONE) {
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, &why);
	}
	wl_client_post_no_memory(wl_client);
}

/* wlroots' check is not told whose buffer it looks at, nor where it goes. */
static void device_handle_message(void *data, enum wl_protocol_logger_type type,
	const struct wl_protocol_logger_message *message)
{
	struct dmabuf_device *device = data;
	const char *name = message->message->name;
	charged_settle(&device->charged);
	if (type != WL_PROTOCOL_LOGGER_REQUEST ||
		strcmp(wl_resource_get_class(message->resource), "zwp_linux_buffer_params_v1") !=
			0) {
		return;
	}
	if (strcmp(name, "add") == 0) {
		hold_plane(device, message->resource);
	} else if (strncmp(name, "create", 6) == 0) {
		struct held_planes *held = held_get(message->resource);
		if (held != NULL) {
			held_drop(held);
		}
		device->asking = wl_resource_get_client(message->resource);
	}
}

struct dmabuf_device *dmabuf_device_create(
	struct gesso_linux_dmabuf *linux_dmabuf, struct wl_display *display)
{
	struct dmabuf_device *device = calloc(1, sizeof(*device));
	if (device == NULL) {
		return NULL;
	}
	device->linux_dmabuf = linux_dmabuf;
	device->logger = wl_display_add_protocol_logger(display, device_handle_message, device);
	device->global = wlr_linux_dmabuf_v1_create_with_renderer(
		display, DMABUF_DEVICE_VERSION, linux_dmabuf->context->renderer);
	if (device->logger == NULL || device->global == NULL) {
		dmabuf_device_destroy(device);
		return NULL;
	}
	dmabuf_buffer_register();
	wlr_linux_dmabuf_v1_set_check_dmabuf_callback(device->global, device_check, device);
	return device;
}

void dmabuf_device_destroy(struct dmabuf_device *device)
{
	if (device == NULL) {
		return;
	}
	if (device->logger != NULL) {
		wl_protocol_logger_destroy(device->logger);
	}
	free(device);
}

void dmabuf_device_set_scene(struct dmabuf_device *device, struct wlr_scene *scene)
{
	wlr_scene_set_linux_dmabuf_v1(scene, device->global);
}
