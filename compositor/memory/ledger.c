/* SPDX-License-Identifier: MIT */
#include "memory/ledger.h"

#include "memory/ledger_impl.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

/* Each costs the compositor a descriptor, whatever its size. */
#define MAX_BUFFERS_PER_CLIENT 512

struct gesso_ledger *gesso_ledger_create(
	const struct gesso_render_context *context, uint64_t budget_bytes)
{
	struct gesso_ledger *ledger = calloc(1, sizeof(*ledger));
	if (!ledger) {
		return NULL;
	}
	wl_list_init(&ledger->clients);
	wl_list_init(&ledger->new_surface.link);
	wl_list_init(&ledger->compositor_destroy.link);
	ledger->budget_bytes = budget_bytes;
	ledger->context = context;
	return ledger;
}

void ledger_client_consider_free(struct gesso_ledger_client *client)
{
	if (client->client || client->held_bytes > 0 || !wl_list_empty(&client->buffers) ||
		!wl_list_empty(&client->surfaces)) {
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
	wl_list_for_each_safe(entry, entry_tmp, &client->buffers, link)
	{
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
	wl_list_for_each_safe(client, client_tmp, &ledger->clients, link)
	{
		ledger_client_forget_buffers(client);
	}
	assert(wl_list_empty(&ledger->clients));
	wl_list_remove(&ledger->new_surface.link);
	wl_list_remove(&ledger->compositor_destroy.link);
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
	wl_list_init(&client->buffers);
	wl_list_init(&client->surfaces);
	client->client_destroy.notify = ledger_handle_client_destroy;
	wl_client_add_destroy_listener(wl_client, &client->client_destroy);
	wl_list_insert(ledger->clients.prev, &client->link);
	return client;
}

struct gesso_ledger_client *gesso_ledger_client_get(
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

void gesso_ledger_client_set_name(struct gesso_ledger_client *client, const char *name)
{
	size_t len = name ? strlen(name) : 0;
	if (len >= sizeof(client->name)) {
		len = sizeof(client->name) - 1;
		/* not within a character of UTF-8 */
		while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80) {
			len--;
		}
	}
	memcpy(client->name, name ? name : "", len);
	client->name[len] = '\0';
	/* names reach terminals */
	for (char *c = client->name; *c; c++) {
		*c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
	}
}

bool gesso_ledger_client_may_hold_more(
	const struct gesso_ledger_client *client, struct gesso_reason *why)
{
	if (wl_list_length(&client->buffers) < MAX_BUFFERS_PER_CLIENT) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_OVER_BUDGET, "a client may hold %d buffers",
		MAX_BUFFERS_PER_CLIENT);
	return false;
}

#define MIB(bytes) ((double)(bytes) / (1024 * 1024))

bool gesso_ledger_client_charge(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why)
{
	uint64_t budget_bytes = client->ledger->budget_bytes;
	assert(client->held_bytes <= budget_bytes);
	if (bytes > budget_bytes - client->held_bytes) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
			"%.1f MiB beside the %.1f MiB held is over the client's budget of %.1f MiB",
			MIB(bytes), MIB(client->held_bytes), MIB(budget_bytes));
		return false;
	}
	client->held_bytes += bytes;
	return true;
}

void gesso_ledger_client_discharge(struct gesso_ledger_client *client, uint64_t bytes)
{
	assert(bytes <= client->held_bytes);
	client->held_bytes -= bytes;
	ledger_client_consider_free(client);
}

void gesso_ledger_client_refused(
	struct gesso_ledger_client *client, enum gesso_path path, const struct gesso_reason *reason)
{
	struct gesso_reason *last = &client->paths[path].refusal;
	if (last->code == reason->code && strcmp(last->words, reason->words) == 0) {
		return;
	}
	*last = *reason;
	wlr_log(WLR_INFO, "ledger: pid %d: path %s refused: %s (%s)", (int)client->pid,
		gesso_path_name(path), reason->words, gesso_reason_name(reason->code));
}
