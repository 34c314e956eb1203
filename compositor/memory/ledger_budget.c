/* SPDX-License-Identifier: MIT */
#include "memory/client_end.h"
#include "memory/clock.h"
#include "memory/ledger_impl.h"
#include <assert.h>
#include <stdio.h>

#define MIB(bytes) ((double)(bytes) / (1024 * 1024))

static uint64_t held_by(const struct gesso_ledger_client *client)
{
	return client->held_bytes + client->held_texture_bytes;
}

uint64_t ledger_total_held(const struct gesso_ledger *ledger)
{
	uint64_t total_bytes = 0;
	const struct gesso_ledger_client *client;
	wl_list_for_each(client, &ledger->clients, link) {
		bool going = client->client == NULL || gesso_client_is_ending(client->client);
		total_bytes += going ? 0 : held_by(client);
	}
	return total_bytes;
}

static struct gesso_ledger_client *largest_holder(const struct gesso_ledger *ledger)
{
	struct gesso_ledger_client *client, *largest = NULL;
	wl_list_for_each(client, &ledger->clients, link) {
		if (client->client != NULL && !gesso_client_is_ending(client->client) &&
			(largest == NULL || held_by(client) > held_by(largest))) {
			largest = client;
		}
	}
	return largest;
}

/* What is held by clients that are on their way out counts as given back. */
static bool fit_below_ceiling(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why)
{
	struct gesso_ledger *ledger = client->ledger;
	uint64_t ceiling_bytes = ledger->budget.ceiling_bytes, total_bytes;
	while ((total_bytes = ledger_total_held(ledger)) > ceiling_bytes ||
		bytes > ceiling_bytes - total_bytes) {
		struct gesso_ledger_client *largest = largest_holder(ledger);
		if (largest == NULL || largest == client ||
			held_by(largest) <= held_by(client) + bytes) {
			gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
				"%.1f MiB beside the %.1f MiB that all clients hold is over the "
				"ceiling of %.1f MiB",
				MIB(bytes), MIB(total_bytes), MIB(ceiling_bytes));
			return false;
		}
		char words[100];
		snprintf(words, sizeof(words),
			"all clients are at the ceiling of %.1f MiB, and it holds most",
			MIB(ceiling_bytes));
		gesso_client_end(largest->client, words);
	}
	return true;
}

static bool fit_own_budget(
	const struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why)
{
	const struct gesso_budget *budget = &client->ledger->budget;
	uint64_t budget_bytes = budget->limits[GESSO_BUDGET_BYTES];
	assert(client->held_bytes <= budget_bytes);
	if (bytes > budget_bytes - client->held_bytes) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
			"%.1f MiB beside the %.1f MiB held is over the client's budget of %.1f MiB",
			MIB(bytes), MIB(client->held_bytes), MIB(budget_bytes));
		return false;
	}
	if (client->held_buffers >= budget->limits[GESSO_BUDGET_BUFFERS]) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET, "a client may hold %llu buffers",
			(unsigned long long)budget->limits[GESSO_BUDGET_BUFFERS]);
		return false;
	}
	return true;
}

bool gesso_ledger_client_charge(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why)
{
	if (!fit_own_budget(client, bytes, why) || !fit_below_ceiling(client, bytes, why)) {
		return false;
	}
	client->held_bytes += bytes;
	client->held_buffers += bytes > 0;
	return true;
}

void gesso_ledger_client_discharge(struct gesso_ledger_client *client, uint64_t bytes)
{
	assert(bytes <= client->held_bytes);
	client->held_bytes -= bytes;
	client->held_buffers -= bytes > 0;
	ledger_client_consider_free(client);
}

bool ledger_client_charge_texture(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why)
{
	uint64_t most_bytes = client->ledger->budget.limits[GESSO_BUDGET_TEXTURES];
	uint64_t held_bytes = client->held_texture_bytes;
	if (held_bytes > most_bytes || bytes > most_bytes - held_bytes) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
			"%.1f MiB beside the %.1f MiB of textures is over the client's %.1f MiB",
			MIB(bytes), MIB(held_bytes), MIB(most_bytes));
		return false;
	}
	if (!fit_below_ceiling(client, bytes, why)) {
		return false;
	}
	client->held_texture_bytes += bytes;
	return true;
}

/*
 * Pages are zeroed while everybody waits. So beside the bytes it is the time that this
 * takes which a client has a share of: a twentieth, after as much at once as nobody sees.
 */
#define RATE_TIME_MOST_US 250000
#define RATE_TIME_US_A_MS 50

static uint64_t rate_bytes_a_ms(const struct gesso_ledger_client *client)
{
	return client->ledger->budget.limits[GESSO_BUDGET_RATE] / 1000 + 1;
}

static void refill_rate(struct gesso_ledger_client *client)
{
	uint64_t now = (uint64_t)clock_now_ms(), elapsed_ms = now - client->rate_at_ms;
	uint64_t most_bytes = client->ledger->budget.limits[GESSO_BUDGET_BYTES];
	uint64_t missing_bytes = most_bytes - client->rate_left_bytes;
	client->rate_left_bytes = elapsed_ms > missing_bytes / rate_bytes_a_ms(client)
		? most_bytes
		: client->rate_left_bytes + elapsed_ms * rate_bytes_a_ms(client);
	int64_t missing_us = RATE_TIME_MOST_US - client->rate_left_us;
	client->rate_left_us = elapsed_ms > (uint64_t)missing_us / RATE_TIME_US_A_MS
		? RATE_TIME_MOST_US
		: client->rate_left_us + (int64_t)elapsed_ms * RATE_TIME_US_A_MS;
	client->rate_at_ms = now;
}

int gesso_ledger_client_rate_wait_ms(struct gesso_ledger_client *client, uint64_t bytes)
{
	struct gesso_reason why;
	if (!fit_own_budget(client, bytes, &why)) {
		return 0;
	}
	refill_rate(client);
	uint64_t wait_ms = 0;
	if (client->rate_left_us < 0) {
		wait_ms = (uint64_t)-client->rate_left_us / RATE_TIME_US_A_MS + 1;
	}
	if (bytes > client->rate_left_bytes) {
		uint64_t bytes_ms = (bytes - client->rate_left_bytes) / rate_bytes_a_ms(client) + 1;
		wait_ms = bytes_ms > wait_ms ? bytes_ms : wait_ms;
	}
	return wait_ms < 60000 ? (int)wait_ms : 60000;
}

void gesso_ledger_client_spend_rate(
	struct gesso_ledger_client *client, uint64_t bytes, int64_t taken_us)
{
	refill_rate(client);
	client->rate_left_bytes -=
		bytes < client->rate_left_bytes ? bytes : client->rate_left_bytes;
	client->rate_left_us -= taken_us;
}

bool gesso_ledger_client_hold_plane(struct gesso_ledger_client *client, struct gesso_reason *why)
{
	if (client->held_planes >= GESSO_LEDGER_MAX_PLANES) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
			"a client may have %d planes waiting for a buffer to be made of them",
			GESSO_LEDGER_MAX_PLANES);
		return false;
	}
	client->held_planes++;
	return true;
}

void gesso_ledger_client_drop_planes(struct gesso_ledger_client *client, size_t len)
{
	assert(len <= client->held_planes);
	client->held_planes -= len;
	ledger_client_consider_free(client);
}

uint64_t ledger_client_has(const struct gesso_ledger_client *client, enum gesso_budget_kind kind)
{
	switch (kind) {
	case GESSO_BUDGET_BYTES:
		return client->held_bytes;
	case GESSO_BUDGET_BUFFERS:
		return client->held_buffers;
	case GESSO_BUDGET_TEXTURES:
		return client->held_texture_bytes;
	case GESSO_BUDGET_RATE:
		return client->ledger->budget.limits[GESSO_BUDGET_BYTES] - client->rate_left_bytes;
	default:
		return client->client != NULL ? gesso_objects_count(client->client, kind) : 0;
	}
}
