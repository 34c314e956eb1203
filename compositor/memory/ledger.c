/* SPDX-License-Identifier: MIT */
#include "memory/ledger.h"
#include "memory/each_frame.h"

#include "memory/ledger_impl.h"
#include "renderer/render_context.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

static void ledger_handle_renewed(struct wl_listener *listener, void *data)
{
	struct gesso_ledger *ledger = wl_container_of(listener, ledger, renewed);
	struct gesso_ledger_client *client;
	wl_list_for_each(client, &ledger->clients, link) {
		ledger_surfaces_renew(client);
	}
}

struct gesso_ledger *gesso_ledger_create(
	struct gesso_render_context *context, uint64_t budget_bytes)
{
	struct gesso_ledger *ledger = calloc(1, sizeof(*ledger));
	if (!ledger) {
		return NULL;
	}
	wl_list_init(&ledger->clients);
	wl_list_init(&ledger->new_surface.link);
	wl_list_init(&ledger->compositor_destroy.link);
	gesso_budget_init(&ledger->budget);
	ledger->budget.limits[GESSO_BUDGET_BYTES] = budget_bytes;
	/* who is refused over a small budget falls back on these */
	uint64_t *textures = &ledger->budget.limits[GESSO_BUDGET_TEXTURES];
	*textures = budget_bytes > *textures ? budget_bytes : *textures;
	ledger->context = context;
	ledger->renewed.notify = ledger_handle_renewed;
	wl_signal_add(&context->events.renewed, &ledger->renewed);
	return ledger;
}

void ledger_client_consider_free(struct gesso_ledger_client *client)
{
	if (client->client || client->held_bytes > 0 || client->held_planes > 0 ||
		!wl_list_empty(&client->buffers) || !wl_list_empty(&client->surfaces)) {
		return;
	}
	wl_list_remove(&client->link);
	free(client);
}

/*
 * A renderer may hold wl_shm's buffers beyond the display. What a client was
 * charged for must be gone by now.
 */
static void ledger_client_forget_buffers(struct gesso_ledger_client *client)
{
	assert(!client->client && client->held_bytes == 0);
	struct gesso_ledger_buffer *entry, *entry_tmp;
	wl_list_for_each_safe(entry, entry_tmp, &client->buffers, link) {
		bool last = entry->link.next == &client->buffers;
		ledger_buffer_remove(entry);
		if (last) {
			return;
		}
	}
}

void gesso_ledger_destroy(struct gesso_ledger *ledger)
{
	if (!ledger) {
		return;
	}
	struct gesso_ledger_client *client, *client_tmp;
	wl_list_for_each_safe(client, client_tmp, &ledger->clients, link) {
		ledger_client_forget_buffers(client);
	}
	assert(wl_list_empty(&ledger->clients));
	wl_list_remove(&ledger->new_surface.link);
	wl_list_remove(&ledger->compositor_destroy.link);
	wl_list_remove(&ledger->renewed.link);
	free(ledger);
}

static void ledger_handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_ledger_client *client = wl_container_of(listener, client, client_destroy);
	client->client = NULL;
	wl_list_remove(&client->client_destroy.link);
	ledger_client_consider_free(client);
}

static struct gesso_ledger_client *ledger_client_create(
	struct gesso_ledger *ledger, struct wl_client *wl_client)
{
	struct gesso_ledger_client *client = calloc(1, sizeof(*client));
	if (!client) {
		return NULL;
	}
	client->ledger = ledger;
	client->client = wl_client;
	wl_client_get_credentials(wl_client, &client->pid, NULL, NULL);
	client->rate_left_bytes = ledger->budget.limits[GESSO_BUDGET_BYTES];
	wl_list_init(&client->buffers);
	wl_list_init(&client->surfaces);
	client->client_destroy.notify = ledger_handle_client_destroy;
	wl_client_add_destroy_listener(wl_client, &client->client_destroy);
	wl_list_insert(ledger->clients.prev, &client->link);
	return client;
}

EACH_FRAME struct gesso_ledger_client *gesso_ledger_client_get(
	struct gesso_ledger *ledger, struct wl_client *wl_client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_listener(wl_client, ledger_handle_client_destroy);
	if (!listener) {
		return ledger_client_create(ledger, wl_client);
	}
	struct gesso_ledger_client *client = wl_container_of(listener, client, client_destroy);
	assert(client->ledger == ledger);
	return client;
}

size_t gesso_ledger_more_descriptors(struct gesso_ledger *ledger, struct wl_client *wl_client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_listener(wl_client, ledger_handle_client_destroy);
	if (!listener) {
		return 0;
	}
	const struct gesso_ledger_client *client =
		wl_container_of(listener, client, client_destroy);
	return client->held_planes + client->more_descriptors;
}

/* Length in bytes of the UTF-8 character at `text` (RFC 3629), or 0 if it is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead; /* of the first byte */
		size_t len;
	} forms[] = {{0x80, 0x00, 1}, {0xe0, 0xc0, 2}, {0xf0, 0xe0, 3}, {0xf8, 0xf0, 4}};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead) {
			continue;
		}
		for (size_t j = 1; j < forms[i].len; j++) {
			if ((text[j] & 0xc0) != 0x80) {
				return 0;
			}
		}
		bool overlong = (text[0] & 0xfe) == 0xc0 || (text[0] == 0xe0 && text[1] < 0xa0) ||
			(text[0] == 0xf0 && text[1] < 0x90);
		bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
		bool beyond = text[0] > 0xf4 || (text[0] == 0xf4 && text[1] >= 0x90);
		return overlong || surrogate || beyond ? 0 : forms[i].len;
	}
	return 0;
}

static bool is_control(const unsigned char *text)
{
	return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
}

void gesso_ledger_client_set_name(struct gesso_ledger_client *client, const char *name)
{
	/* names reach terminals and JSON: valid UTF-8 without controls, cut between characters */
	const unsigned char *from = (const unsigned char *)(name != NULL ? name : "");
	size_t used = 0;
	while (*from != '\0') {
		size_t len = utf8_length(from);
		bool shown = len > 0 && !is_control(from);
		size_t out_len = shown ? len : 1;
		if (used + out_len >= sizeof(client->name)) {
			break;
		}
		memcpy(client->name + used, shown ? (const char *)from : "?", out_len);
		used += out_len;
		from += len > 0 ? len : 1;
	}
	client->name[used] = '\0';
}

void gesso_ledger_client_refused(
	struct gesso_ledger_client *client, enum gesso_path path, const struct gesso_reason *reason)
{
	struct gesso_path_figures *figures = &client->paths[path];
	figures->refusal = *reason;
	/* the words may differ each time: a client must not fill the log with them */
	uint32_t bit = 1u << reason->code;
	if ((figures->refusals_logged & bit) != 0) {
		return;
	}
	figures->refusals_logged |= bit;
	wlr_log(WLR_INFO, "ledger: pid %d: path %s refused: %s (%s)", (int)client->pid,
		gesso_path_name(path), reason->words, gesso_reason_name(reason->code));
}
