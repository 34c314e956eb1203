/* SPDX-License-Identifier: MIT */
/* gesso-memory beside a compositor that runs, and the table on SIGUSR1. */
#include "buffer.h"
#include "case.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_PX 200
#define HEIGHT_PX 100

struct stage {
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffer;
};

static void stage_begin(struct stage *stage, const char *path)
{
	server_start(&stage->server, "--renderer %s --allocator memfd --size 400x300",
		case_fixture("renderer"));
	client_connect(&stage->client, &stage->server);
	window_create(&stage->window, &stage->client, "live test");
	buffer_create(
		&stage->buffer, &stage->client, path, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
	memset(stage->buffer.map, 0x80, stage->buffer.size_bytes);
	window_show(&stage->window, &stage->buffer);
}

static void stage_end(struct stage *stage)
{
	window_destroy(&stage->window);
	buffer_destroy(&stage->buffer);
	client_disconnect(&stage->client);
	server_stop(&stage->server);
}

/* What gesso-memory says, parsed. */
static struct json_object *measure(const struct stage *stage)
{
	char command[512];
	const char *program = getenv("GESSO_MEMORY");
	CHECK(program);
	snprintf(command, sizeof(command), "'%s' --json --socket '%s'", program,
		stage->server.socket);
	FILE *out = popen(command, "r");
	CHECK(out);
	char *text = calloc(1, 1 << 20);
	CHECK(text);
	fread(text, 1, (1 << 20) - 1, out);
	CHECK_EQUAL(pclose(out), 0);
	struct json_object *object = json_tokener_parse(text);
	CHECK(object);
	free(text);
	return object;
}

/* The member at `path`, dots between its keys; a number is an index. */
static struct json_object *at(struct json_object *object, const char *path)
{
	char keys[128];
	snprintf(keys, sizeof(keys), "%s", path);
	for (char *rest, *key = strtok_r(keys, ".", &rest); key; key = strtok_r(NULL, ".", &rest)) {
		struct json_object *member = NULL;
		if (json_object_is_type(object, json_type_array)) {
			member = json_object_array_get_idx(object, strtoul(key, NULL, 10));
		} else {
			json_object_object_get_ex(object, key, &member);
		}
		if (!member) {
			FAIL("no '%s' of '%s'", key, path);
		}
		object = member;
	}
	return object;
}

static int64_t number(struct json_object *object, const char *path)
{
	return json_object_get_int64(at(object, path));
}

static struct json_object *memfd_of(struct json_object *report, uint64_t inode)
{
	struct json_object *memfds = at(report, "memfds");
	for (size_t i = 0; i < json_object_array_length(memfds); i++) {
		struct json_object *memfd = json_object_array_get_idx(memfds, i);
		if ((uint64_t)number(memfd, "inode") == inode) {
			return memfd;
		}
	}
	FAIL("memfd %llu is not in the report", (unsigned long long)inode);
}

CASE(native_client)
{
	struct stage stage = {0};
	stage_begin(&stage, "native");
	struct json_object *report = measure(&stage);
	CHECK_EQUAL(number(report, "compositor.pid"), stage.server.pid);
	CHECK_EQUAL(json_object_array_length(at(report, "clients")), 1);
	CHECK_EQUAL(number(report, "clients.0.pid"), getpid());
	CHECK_STRING(json_object_get_string(at(report, "clients.0.name")), "live test");
	CHECK_EQUAL(number(report, "clients.0.surfaces"), 1);
	CHECK_INT(>=, number(report, "clients.0.held"), WIDTH_PX * HEIGHT_PX * 4);
	CHECK_EQUAL(number(report, "clients.0.paths.native.frames"), 1);
	CHECK_EQUAL(number(report, "clients.0.paths.native.imports"), 1);
	CHECK_EQUAL(number(report, "clients.0.paths.native.copied_bytes"), 0);
	CHECK_EQUAL(number(report, "clients.0.buffers.0.inode"), (int64_t)stage.buffer.inode);
	CHECK_STRING(json_object_get_string(at(report, "clients.0.buffers.0.format")), "XR24");
	CHECK(json_object_get_boolean(at(report, "clients.0.buffers.0.shown")));
	CHECK_INT(>, number(report, "clients.0.pss"), 0);

	struct json_object *memfd = memfd_of(report, stage.buffer.inode);
	CHECK_EQUAL(number(memfd, "size"), (int64_t)stage.buffer.size_bytes);
	CHECK_EQUAL(json_object_array_length(at(memfd, "holders")), 2);
	CHECK_EQUAL(
		number(memfd, "pss") + number(memfd, "unaccounted"), number(memfd, "allocated"));
	CHECK_EQUAL(number(report, "totals.honest"),
		number(report, "totals.pss") + number(report, "totals.dmabuf_unaccounted") +
			number(report, "totals.memfd_unaccounted") +
			number(report, "totals.texture_unaccounted"));
	json_object_put(report);
	stage_end(&stage);
}

CASE(shm_client)
{
	struct stage stage = {0};
	stage_begin(&stage, "shm");
	bool uploads = strcmp(case_fixture("renderer"), "gles2") == 0;
	surface_commit_damage_wait(
		&stage.client, stage.window.surface, &stage.buffer, 10, 20, 30, 40);
	struct json_object *report = measure(&stage);
	struct json_object *path =
		at(report, uploads ? "clients.0.paths.shm-upload" : "clients.0.paths.shm-direct");
	int64_t whole_bytes = WIDTH_PX * HEIGHT_PX * 4;
	CHECK_EQUAL(number(path, "frames"), 2);
	CHECK_EQUAL(number(path, "copied_bytes"), uploads ? whole_bytes + 30 * 40 * 4 : 0);
	CHECK_EQUAL(number(path, "texture_bytes"), uploads ? whole_bytes : 0);
	CHECK_EQUAL(number(path, "imports"), uploads ? 0 : 1);
	CHECK_EQUAL(json_object_get_boolean(at(report, "clients.0.buffers.0.shown")), !uploads);
	CHECK_EQUAL(number(report, "totals.texture"), uploads ? whole_bytes : 0);
	CHECK_EQUAL(number(report, "totals.texture_unaccounted"), 0);
	json_object_put(report);
	stage_end(&stage);
}

static bool log_has(const char *words)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	CHECK(out);
	workdir_print_logs(out);
	fclose(out);
	bool found = strstr(text, words) != NULL;
	free(text);
	return found;
}

CASE(table_on_sigusr1)
{
	struct stage stage = {0};
	stage_begin(&stage, "native");
	CHECK(kill(stage.server.pid, SIGUSR1) == 0);
	struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	while (!log_has(": 1 surfaces shown")) {
		nanosleep(&pause, NULL);
	}
	server_check_alive(&stage.server);
	stage_end(&stage);
}
