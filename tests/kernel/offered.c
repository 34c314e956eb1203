/* SPDX-License-Identifier: MIT */
/* udmabuf is what auto takes where there is a device, and the probe has proved it. */
#include "buffer.h"
#include "case.h"
#include "report.h"
#include "shown.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <grp.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER_ID 1000

CASE(auto_takes_udmabuf)
{
	struct server server;
	struct client client;
	struct buffer buffer;
	case_need_device("/dev/udmabuf");
	server_start(&server, "--renderer %s --size 64x64", case_fixture("renderer"));
	server_warm_up(&server);
	client_connect(&client, &server);
	const struct client_allocator *udmabuf = client_find_allocator(&client, "udmabuf");
	CHECK(udmabuf != NULL);
	CHECK_STRING(udmabuf->words, "");
	CHECK_EQUAL(udmabuf->reason, 0);
	CHECK_EQUAL(udmabuf->kind, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF);
	CHECK_EQUAL(udmabuf->cached, 1);
	/* every format of layout.h; pixman takes no half floats */
	bool gles2 = strcmp(case_fixture("renderer"), "gles2") == 0;
	CHECK_EQUAL(client.batch.formats_len, gles2 ? 8 : 7);
	shown_record_refusals(&client);
	buffer_create_native(&buffer, &client, 37, 29, DRM_FORMAT_RGB565);
	CHECK_STRING(buffer.allocator, "udmabuf");
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* Past size_limit_mb the reason says so. */
CASE(over_the_limit_of_udmabuf)
{
	struct server server;
	struct client client;
	struct buffer buffer;
	case_need_device("/dev/udmabuf");
	server_start(&server, "--renderer pixman --allocator udmabuf --size 64x64 --budget 500");
	server_warm_up(&server);
	client_connect(&client, &server);
	buffer_request(&buffer, &client, 5000, 5000, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	CHECK_EQUAL(buffer.reason, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_OVER_LIMIT);
	CHECK(strstr(buffer.words, "size_limit_mb") != NULL);
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* The heap stands in for it, and that udmabuf refused is still told. */
CASE(over_the_limit_the_heap_stands_in)
{
	struct server server;
	struct client client;
	struct buffer buffer;
	static struct report report;
	case_need_device("/dev/udmabuf");
	case_need_device("/dev/dma_heap/system");
	server_start(&server,
		"--renderer pixman --allocator udmabuf,dma-heap --size 64x64 --budget 500");
	server_warm_up(&server);
	client_connect(&client, &server);
	for (uint64_t times = 1; times <= 2; times++) {
		buffer_create_native(&buffer, &client, 5000, 5000, DRM_FORMAT_XRGB8888);
		CHECK_STRING(buffer.allocator, "dma-heap");
		CHECK_INT(>, buffer.size_bytes, 64u << 20);
		buffer_destroy(&buffer);
		report_read(&report, &client);
		const struct report_order *udmabuf = report_find_order(&report, "udmabuf");
		CHECK_EQUAL(udmabuf->place, 1);
		CHECK_STRING(udmabuf->place_words, "first: in the order that was asked for");
		CHECK_EQUAL(udmabuf->failures, times);
		CHECK_EQUAL(udmabuf->reason, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_OVER_LIMIT);
		CHECK(strstr(udmabuf->words, "size_limit_mb") != NULL);
		const struct report_order *heap = report_find_order(&report, "dma-heap");
		CHECK_EQUAL(heap->place, 2);
		CHECK_EQUAL(heap->failures, 0);
	}
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* What `gesso --probe --json` tells an ordinary user. */
static struct json_object *probe_as_user(void)
{
	char directory[PATH_MAX], path[PATH_MAX + 8];
	snprintf(directory, sizeof(directory), "%s/user", workdir_path());
	snprintf(path, sizeof(path), "%s/json", directory);
	CHECK_EQUAL(mkdir(directory, 0700), 0);
	CHECK_EQUAL(chown(directory, USER_ID, USER_ID), 0);
	CHECK_EQUAL(chmod(workdir_path(), 0711), 0);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setgid(USER_ID) != 0 || setuid(USER_ID) != 0 ||
			setenv("XDG_RUNTIME_DIR", directory, 1) != 0 ||
			freopen(path, "w", stdout) == NULL) {
			_exit(126);
		}
		execl(getenv("GESSO_BIN"), "gesso", "--backend", "headless", "--renderer", "pixman",
			"--probe", "--json", (char *)NULL);
		_exit(127);
	}
	int status;
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK_EQUAL(status, 0);
	struct json_object *found = json_object_from_file(path);
	CHECK(found != NULL);
	unlink(path);
	return found;
}

static const char *string_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;
	CHECK(json_object_object_get_ex(object, key, &value));
	return value != NULL ? json_object_get_string(value) : "";
}

/* Whoever is refused a device is told which group may open it, or else which rule lets them. */
CASE(pixman_user_is_told_what_grants)
{
	case_need_device("/dev/udmabuf");
	int groups = 0, rules = 0;
	struct json_object *found = probe_as_user();
	struct json_object *allocators = json_object_object_get(found, "allocators");
	for (size_t i = 0; i < json_object_array_length(allocators); i++) {
		struct json_object *allocator = json_object_array_get_idx(allocators, i);
		const char *device = string_of(allocator, "device");
		struct stat status;
		if (device[0] != '/') {
			continue;
		}
		CHECK_EQUAL(stat(device, &status), 0);
		bool may = (status.st_mode & 0006) == 0006, group = (status.st_mode & 0060) == 0060;
		CHECK_STRING(string_of(allocator, "permission"), may ? "granted" : "denied");
		const char *name = group ? getgrgid(status.st_gid)->gr_name : "";
		CHECK_STRING(string_of(allocator, "group"), name);
		bool ruled = !group && strcmp(string_of(allocator, "name"), "gbm") != 0;
		CHECK_STRING(string_of(allocator, "rule"), ruled ? "70-gesso.rules" : "");
		if (!may) {
			CHECK_STRING(string_of(allocator, "reason"), "permission-denied");
			CHECK(strstr(string_of(allocator, "words"), name) != NULL);
			groups += group;
			rules += ruled;
		}
	}
	CHECK_INT(>, groups, 0);
	CHECK_INT(>, rules, 0);
	json_object_put(found);
}
