/* SPDX-License-Identifier: MIT */
#include "peer.h"
#include "case.h"
#include "trace.h"
#include <stdio.h>
#include <string.h>

static uint32_t add(struct peer *peer, int interface, uint32_t version, bool reuse)
{
	uint32_t id;
	if (reuse && peer->freed_len > 0) {
		id = peer->freed[--peer->freed_len];
	} else if (peer->own_len < PEER_MAX_OBJECTS) {
		id = peer->own_len++;
	} else {
		return 0;
	}
	peer->own[id] = (struct peer_object){
		.id = id, .interface = interface, .version = version, .live = true};
	return id;
}

uint32_t peer_add(struct peer *peer, int interface, uint32_t version)
{
	uint32_t id = add(peer, interface, version, peer->reuses_ids);
	if (interface >= 0 && id != 0) {
		peer->alive[interface]++;
	}
	return id;
}

static struct peer_object *find(struct peer *peer, uint32_t id)
{
	struct peer_object *objects = id < PEER_FIRST_SERVED_ID ? peer->own : peer->served;
	size_t len = id < PEER_FIRST_SERVED_ID ? peer->own_len : peer->served_len;
	uint32_t index = id < PEER_FIRST_SERVED_ID ? id : id - PEER_FIRST_SERVED_ID;
	return index < len && objects[index].interface >= 0 ? &objects[index] : NULL;
}

const struct peer_object *peer_find(const struct peer *peer, uint32_t id)
{
	const struct peer_object *object = find((struct peer *)peer, id);
	return object != NULL && object->live ? object : NULL;
}

void peer_remove(struct peer *peer, uint32_t id)
{
	struct peer_object *object = find(peer, id);
	if (object != NULL && object->live) {
		object->live = false;
		peer->alive[object->interface]--;
	}
}

static const struct peer_object *at(const struct peer *peer, uint32_t index)
{
	return index < peer->own_len ? &peer->own[index] : &peer->served[index - peer->own_len];
}

const struct peer_object *peer_pick(const struct peer *peer, int interface, uint32_t start)
{
	uint32_t len = peer->own_len + (uint32_t)peer->served_len;
	if (interface < 0 || peer->alive[interface] == 0) {
		return NULL;
	}
	for (uint32_t i = 0; i < len; i++) {
		const struct peer_object *object = at(peer, (start + i) % len);
		if (object->live && object->interface == interface) {
			return object;
		}
	}
	return NULL;
}

uint32_t peer_nth(const struct peer *peer, int interface, size_t skip)
{
	uint32_t len = peer->own_len + (uint32_t)peer->served_len;
	for (uint32_t i = 0; i < len; i++) {
		const struct peer_object *object = at(peer, i);
		if (object->live && object->interface == interface && skip-- == 0) {
			return object->id;
		}
	}
	return 0;
}

static void add_global(struct peer *peer, const uint32_t *words)
{
	const char *name = (const char *)(words + 2);
	uint32_t version = words[2 + (words[1] + 3) / 4];
	int interface = wire_find_interface(name);
	if (interface < 0) {
		FAIL("no XML has the global %s: put it where tests/fuzz/meson.build looks", name);
	}
	if (wire_interfaces[interface].version < version) {
		FAIL("the XML of %s has version %u, and %u is on offer", name,
			wire_interfaces[interface].version, version);
	}
	if (peer->globals_len < PEER_MAX_GLOBALS) { /* outputs come and go */
		peer->globals[peer->globals_len++] =
			(struct peer_global){words[0], interface, version};
	}
}

static void remove_global(struct peer *peer, uint32_t name)
{
	for (size_t i = 0; i < peer->globals_len; i++) {
		if (peer->globals[i].name == name) {
			peer->globals[i] = peer->globals[--peer->globals_len];
		}
	}
}

static void add_served(struct peer *peer, uint32_t id, int interface, uint32_t version)
{
	uint32_t index = id - PEER_FIRST_SERVED_ID;
	if (id < PEER_FIRST_SERVED_ID || index >= PEER_MAX_SERVED || interface < 0) {
		return; /* never spoken to */
	}
	while (peer->served_len <= index) {
		peer->served[peer->served_len++].interface = -1;
	}
	peer->alive[interface]++;
	peer->served[index] = (struct peer_object){
		.id = id, .interface = interface, .version = version, .live = true};
}

/* Words of the argument. What it brings, objects and serials, is kept. */
static size_t take_arg(struct peer *peer, struct peer_object *from, const struct wire_arg *arg,
	const uint32_t *words)
{
	switch (arg->type) {
	case 's':
	case 'a':
		return 1 + (words[0] + 3) / 4;
	case 'h':
		return 0;
	case 'n':
		add_served(peer, words[0], arg->interface, from->version);
		return 1;
	case 'u':
		if (strcmp(arg->name, "serial") == 0) {
			peer->serials[peer->serials_len++ % PEER_SERIALS] = words[0];
			from->serial = words[0];
		}
		return 1;
	default:
		return 1;
	}
}

static void take_display_event(struct peer *peer, uint32_t opcode, const uint32_t *words)
{
	if (opcode == 0) {
		const struct peer_object *object = find(peer, words[0]);
		snprintf(peer->error, sizeof(peer->error), "%s %u: %.120s",
			object != NULL ? wire_interfaces[object->interface].name : "?", words[1],
			(const char *)(words + 3));
	} else if (words[0] < peer->own_len) {
		peer_remove(peer, words[0]);
		peer->own[words[0]].interface = -1;
		CHECK_INT(<, peer->freed_len, PEER_MAX_OBJECTS);
		peer->freed[peer->freed_len++] = words[0];
	}
}

static void take_event(struct peer *peer, uint32_t id, uint32_t opcode, const uint32_t *words)
{
	struct peer_object *object = find(peer, id);
	if (id == PEER_DISPLAY_ID) {
		take_display_event(peer, opcode, words);
		return;
	}
	if (id == PEER_REGISTRY_ID) {
		if (opcode == 0) {
			add_global(peer, words);
		} else {
			remove_global(peer, words[0]);
		}
		return;
	}
	if (id == peer->sync_id) {
		peer->sync_id = 0;
	}
	if (object != NULL && object->confirms > 0) {
		peer->confirmed = object->confirms;
	}
	if (object == NULL || opcode >= wire_interfaces[object->interface].events_len) {
		return;
	}
	const struct wire_message *event = &wire_interfaces[object->interface].events[opcode];
	for (size_t i = 0; i < event->args_len; i++) {
		words += take_arg(peer, object, &event->args[i], words);
	}
	if (event->destructor) {
		peer_remove(peer, id);
	}
}

static void take_events(struct peer *peer)
{
	struct wire *wire = &peer->wire;
	size_t taken = 0;
	while (wire->in_len - taken >= 8) {
		uint32_t words[WIRE_MAX_MESSAGE_BYTES / 4];
		memcpy(words, wire->in + taken, 8);
		uint32_t size_bytes = words[1] >> 16;
		CHECK(size_bytes >= 8 && size_bytes <= WIRE_MAX_MESSAGE_BYTES);
		if (wire->in_len - taken < size_bytes) {
			break;
		}
		memcpy(words, wire->in + taken, size_bytes);
		take_event(peer, words[0], words[1] & 0xffff, words + 2);
		taken += size_bytes;
	}
	memmove(wire->in, wire->in + taken, wire->in_len - taken);
	wire->in_len -= taken;
}

void peer_mark(struct peer *peer)
{
	struct wire *wire = &peer->wire;
	peer->sync_id = add(peer, wire_find_interface("wl_callback"), 1, true);
	if (peer->sync_id != 0) {
		peer->own[peer->sync_id].live = false; /* nobody else speaks of it */
		peer->own[peer->sync_id].confirms = peer->sent;
		wire_begin(wire, PEER_DISPLAY_ID, 0);
		wire_put(wire, peer->sync_id);
		wire_end(wire, 0);
	}
}

bool peer_sync(struct peer *peer)
{
	struct wire *wire = &peer->wire;
	peer_mark(peer);
	wire_flush(wire);
	while (peer->sync_id != 0 && wire_read(wire)) {
		take_events(peer);
	}
	if (wire->fd < 0) {
		take_events(peer);
	}
	return wire->fd >= 0;
}

void peer_connect(struct peer *peer, const char *socket)
{
	CHECK_INT(<=, wire_interfaces_len, PEER_MAX_INTERFACES);
	memset(peer->alive, 0, sizeof(peer->alive));
	peer->own_len = 1; /* id 0 is none */
	peer->own[0].interface = -1;
	peer->served_len = peer->freed_len = peer->globals_len = peer->serials_len = 0;
	peer->sent = peer->confirmed = 0;
	peer->torn = false;
	peer->error[0] = '\0';
	if (!wire_connect(&peer->wire, socket)) {
		FAIL("the compositor takes no more connections");
	}
	peer_add(peer, wire_find_interface("wl_display"), 1);
	peer_add(peer, wire_find_interface("wl_registry"), 1);
	wire_begin(&peer->wire, PEER_DISPLAY_ID, 1);
	wire_put(&peer->wire, PEER_REGISTRY_ID);
	wire_end(&peer->wire, 0);
	if (!peer_sync(peer)) {
		FAIL("a new connection ended at once");
	}
	CHECK_INT(>, peer->globals_len, 0);
}

void peer_close(struct peer *peer)
{
	wire_close(&peer->wire);
}
