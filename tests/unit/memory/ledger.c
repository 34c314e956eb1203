/* SPDX-License-Identifier: MIT */
#include "memory/ledger.h"

#include "case.h"
#include "memory/ledger_impl.h"
#include "renderer/render_context.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/util/log.h>

/* A ledger and one client that nobody speaks for. */
#define MOST_BUFFERS 512

struct fixture {
	struct gesso_render_context context;
	struct gesso_ledger *ledger;
	struct wl_display *display;
	struct wl_client *wl_client;
	int peer;
};

static void fixture_init(struct fixture *fixture, uint64_t budget_bytes)
{
	int sockets[2];
	wlr_log_init(WLR_SILENT, NULL);
	*fixture = (struct fixture){.display = wl_display_create()};
	CHECK(fixture->display);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	fixture->wl_client = wl_client_create(fixture->display, sockets[0]);
	fixture->peer = sockets[1];
	wl_signal_init(&fixture->context.events.renewed);
	fixture->ledger = gesso_ledger_create(&fixture->context, budget_bytes);
	CHECK(fixture->wl_client && fixture->ledger);
}

static void fixture_finish(struct fixture *fixture)
{
	wl_display_destroy_clients(fixture->display);
	gesso_ledger_destroy(fixture->ledger);
	wl_display_destroy(fixture->display);
	close(fixture->peer);
}

/* A buffer of wl_shm's kind, over a memfd. */
struct shm_buffer {
	struct wlr_buffer base;
	int fd;
};

static void shm_buffer_destroy(struct wlr_buffer *base)
{
	struct shm_buffer *buffer = wl_container_of(base, buffer, base);
	close(buffer->fd);
	free(buffer);
}

static bool shm_buffer_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *shm)
{
	struct shm_buffer *buffer = wl_container_of(base, buffer, base);
	*shm = (struct wlr_shm_attributes){
		.fd = buffer->fd,
		.format = 0x34325258,
		.width = base->width,
		.height = base->height,
		.stride = base->width * 4,
	};
	return true;
}

static const struct wlr_buffer_impl shm_buffer_impl = {
	.destroy = shm_buffer_destroy,
	.get_shm = shm_buffer_get_shm,
};

static struct shm_buffer *shm_buffer_create(void)
{
	struct shm_buffer *buffer = calloc(1, sizeof(*buffer));
	CHECK(buffer);
	wlr_buffer_init(&buffer->base, &shm_buffer_impl, 10, 20);
	buffer->fd = memfd_create("gesso-test", MFD_CLOEXEC);
	CHECK(buffer->fd >= 0);
	return buffer;
}

CASE(budget)
{
	struct fixture fixture;
	struct gesso_reason why = {0};
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	CHECK(client && client == gesso_ledger_client_get(fixture.ledger, fixture.wl_client));
	CHECK_EQUAL(client->pid, getpid());
	CHECK(gesso_ledger_client_charge(client, 600, &why));
	CHECK(!gesso_ledger_client_charge(client, 401, &why));
	CHECK_EQUAL(why.code, GESSO_REASON_OVER_BUDGET);
	CHECK(!gesso_ledger_client_charge(client, UINT64_MAX, &why));
	CHECK(gesso_ledger_client_charge(client, 400, &why));
	CHECK_EQUAL(client->held_bytes, 1000);
	gesso_ledger_client_discharge(client, 1000);
	CHECK(gesso_ledger_client_charge(client, 1000, &why));
	gesso_ledger_client_discharge(client, 1000);
	fixture_finish(&fixture);
}

/* What is refused before its size is known is charged as nothing, and counts as none. */
CASE(charges_of_nothing)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	for (int i = 0; i < MOST_BUFFERS + 1; i++) {
		CHECK(gesso_ledger_client_charge(client, 0, NULL));
		gesso_ledger_client_discharge(client, 0);
	}
	CHECK_EQUAL(client->held_buffers, 0);
	fixture_finish(&fixture);
}

CASE(planes_are_bounded)
{
	struct fixture fixture;
	struct gesso_reason why = {0};
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	for (int i = 0; i < GESSO_LEDGER_MAX_PLANES; i++) {
		CHECK(gesso_ledger_client_hold_plane(client, &why));
	}
	CHECK(!gesso_ledger_client_hold_plane(client, &why));
	CHECK_EQUAL(why.code, GESSO_REASON_OVER_BUDGET);
	gesso_ledger_client_drop_planes(client, 4);
	CHECK(gesso_ledger_client_hold_plane(client, &why));
	wl_client_destroy(fixture.wl_client);
	CHECK(!wl_list_empty(&fixture.ledger->clients));
	gesso_ledger_client_drop_planes(client, GESSO_LEDGER_MAX_PLANES - 3);
	CHECK(wl_list_empty(&fixture.ledger->clients));
	fixture_finish(&fixture);
}

CASE(each_memory_of_a_buffer_once)
{
	struct gesso_ledger_buffer entry = {.inode = 7, .size_bytes = 100};
	gesso_ledger_buffer_add_memory(&entry, 7, 100);
	CHECK_EQUAL(entry.more_len, 0);
	gesso_ledger_buffer_add_memory(&entry, 8, 50);
	gesso_ledger_buffer_add_memory(&entry, 7, 100);
	gesso_ledger_buffer_add_memory(&entry, 8, 50);
	CHECK_EQUAL(entry.more_len, 1);
	CHECK_EQUAL(entry.more[0].inode, 8);
	CHECK_EQUAL(entry.more[0].size_bytes, 50);
}

CASE(entry_outlives_its_client_until_discharged)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	CHECK(gesso_ledger_client_charge(client, 600, NULL));
	wl_client_destroy(fixture.wl_client);
	CHECK(!wl_list_empty(&fixture.ledger->clients));
	CHECK(!client->client);
	gesso_ledger_client_discharge(client, 600);
	CHECK(wl_list_empty(&fixture.ledger->clients));
	fixture_finish(&fixture);
}

CASE(buffer_leaves_with_its_memory)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	struct shm_buffer *buffer = shm_buffer_create();
	struct gesso_ledger_buffer entry = {.path = GESSO_PATH_NATIVE, .charged_bytes = 600};
	CHECK(gesso_ledger_client_charge(client, 600, NULL));
	gesso_ledger_buffer_add(&entry, client, &buffer->base);
	CHECK(ledger_buffer_ensure(client, &buffer->base) == &entry);
	wl_client_destroy(fixture.wl_client);
	CHECK(!wl_list_empty(&fixture.ledger->clients));
	wlr_buffer_drop(&buffer->base);
	CHECK(!entry.client);
	CHECK(wl_list_empty(&fixture.ledger->clients));
	fixture_finish(&fixture);
}

CASE(shm_buffer_is_entered_once)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	struct shm_buffer *buffer = shm_buffer_create();
	struct stat st;
	CHECK(fstat(buffer->fd, &st) == 0);
	struct gesso_ledger_buffer *entry = ledger_buffer_ensure(client, &buffer->base);
	CHECK(entry && entry == ledger_buffer_ensure(client, &buffer->base));
	CHECK_EQUAL(entry->path, GESSO_PATH_SHM_DIRECT);
	CHECK_EQUAL(entry->inode, st.st_ino);
	CHECK_EQUAL(entry->size_bytes, 800);
	CHECK_EQUAL(ledger_buffer_kind(entry), 1);
	CHECK_EQUAL(wl_list_length(&client->buffers), 1);
	wlr_buffer_drop(&buffer->base);
	CHECK(wl_list_empty(&client->buffers));
	fixture_finish(&fixture);
}

/* A renderer may hold a buffer beyond the ledger. */
CASE(ledger_goes_before_a_buffer)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	struct shm_buffer *first = shm_buffer_create(), *second = shm_buffer_create();
	CHECK(ledger_buffer_ensure(client, &first->base));
	CHECK(ledger_buffer_ensure(client, &second->base));
	fixture_finish(&fixture);
	wlr_buffer_drop(&first->base);
	wlr_buffer_drop(&second->base);
}

CASE(names_are_cut_between_characters)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	char name[101] = "";
	for (int i = 0; i < 50; i++) {
		strcat(name, "\xc3\xa9");
	}
	gesso_ledger_client_set_name(client, name);
	CHECK_EQUAL(strlen(client->name), 62);
	gesso_ledger_client_set_name(client, "a\033[31mb\n");
	CHECK_STRING(client->name, "a?[31mb?");
	gesso_ledger_client_set_name(client, "x\xff\xfe y \xc2\x9b z \xed\xa0\x80 \xe2\x82\xac");
	CHECK_STRING(client->name, "x?? y ? z ??? \xe2\x82\xac");
	gesso_ledger_client_set_name(client, NULL);
	CHECK_STRING(client->name, "");
	fixture_finish(&fixture);
}

CASE(buffers_are_counted_too)
{
	struct fixture fixture;
	fixture_init(&fixture, 1000000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	struct gesso_reason why = {0};
	for (int i = 0; i < MOST_BUFFERS; i++) {
		CHECK(gesso_ledger_client_charge(client, 1, &why));
	}
	CHECK(!gesso_ledger_client_charge(client, 1, &why));
	CHECK_EQUAL(why.code, GESSO_REASON_OVER_BUDGET);
	gesso_ledger_client_discharge(client, 1);
	CHECK(gesso_ledger_client_charge(client, 1, &why));
	for (int i = 0; i < MOST_BUFFERS; i++) {
		gesso_ledger_client_discharge(client, 1);
	}
	CHECK_EQUAL(client->held_buffers, 0);
	fixture_finish(&fixture);
}

CASE(refusal_is_kept)
{
	struct fixture fixture;
	struct gesso_reason why;
	fixture_init(&fixture, 1000);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(fixture.ledger, fixture.wl_client);
	gesso_reason_set(&why, GESSO_REASON_OVER_LIMIT, "96 MiB is over 64");
	gesso_ledger_client_refused(client, GESSO_PATH_NATIVE, &why);
	CHECK_EQUAL(client->paths[GESSO_PATH_NATIVE].refusal.code, GESSO_REASON_OVER_LIMIT);
	CHECK_STRING(client->paths[GESSO_PATH_NATIVE].refusal.words, "96 MiB is over 64");
	fixture_finish(&fixture);
}
