/* SPDX-License-Identifier: MIT */
/* udmabuf is what auto takes where there is a device, and the probe has proved it. */
#include "buffer.h"
#include "case.h"
#include "report.h"
#include "shown.h"
#include <drm_fourcc.h>
#include <string.h>

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
