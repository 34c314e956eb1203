/* SPDX-License-Identifier: MIT */
/* What is offered, what is refused and why, and what the options hide. */
#include "buffer.h"
#include "case.h"
#include "report.h"
#include "shown.h"
#include "window.h"
#include <drm_fourcc.h>
#include <string.h>

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010, DRM_FORMAT_XBGR2101010,
	DRM_FORMAT_ABGR16161616F};
#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

CASE(memfd_is_offered)
{
	struct server server;
	struct client client;
	server_start(
		&server, "--renderer %s --allocator memfd --size 64x64", case_fixture("renderer"));
	client_connect(&client, &server);
	const struct client_allocator *memfd = client_find_allocator(&client, "memfd");
	CHECK(memfd != NULL);
	CHECK_EQUAL(memfd->reason, 0);
	CHECK_EQUAL(memfd->kind, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD);
	CHECK_EQUAL(memfd->cached, 1);
	/* pixman has no floating-point format */
	size_t wanted =
		strcmp(case_fixture("renderer"), "pixman") == 0 ? FORMATS_LEN - 1 : FORMATS_LEN;
	CHECK_EQUAL(client.batch.formats_len, wanted);
	for (size_t i = 0; i < wanted; i++) {
		CHECK(client_offers_format(&client, formats[i]));
	}
	const struct client_allocator *udmabuf = client_find_allocator(&client, "udmabuf");
	CHECK(udmabuf != NULL);
	CHECK_EQUAL(udmabuf->reason, REASON(DISABLED));
	CHECK(udmabuf->words[0] != '\0');
	client_disconnect(&client);
	server_stop(&server);
}

CASE(report_agrees_with_the_batch)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer %s --size 64x64", case_fixture("renderer"));
	client_connect(&client, &server);
	struct report report;
	report_read(&report, &client);
	shown_record_refusals(&client);
	CHECK_EQUAL(report.allocators_len, client.batch.allocators_len);
	for (size_t i = 0; i < report.allocators_len; i++) {
		const struct client_allocator *told =
			client_find_allocator(&client, report.allocators[i].name);
		CHECK(told != NULL);
		CHECK_EQUAL(told->reason, report.allocators[i].reason);
		CHECK_STRING(told->words, report.allocators[i].words);
	}
	CHECK_EQUAL(report.pid, server.pid);
	CHECK_EQUAL(strncmp(report.renderer, case_fixture("renderer"), 5), 0);
	CHECK(report.renderer_reason[0] != '\0');
	CHECK_EQUAL(report.software, 1);
	CHECK_INT(>, report.budget_bytes, 0);
	client_disconnect(&client);
	server_stop(&server);
}

CASE(none_is_offered)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator none --size 64x64");
	server_warm_up(&server);
	client_connect(&client, &server);
	CHECK(client.manager != NULL);
	CHECK_EQUAL(client.batch.formats_len, 0);
	CHECK_INT(>=, client.batch.allocators_len, 2);
	for (size_t i = 0; i < client.batch.allocators_len; i++) {
		CHECK_EQUAL(client.batch.allocators[i].reason, REASON(DISABLED));
	}
	struct buffer buffer;
	buffer_request(&buffer, &client, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	CHECK_EQUAL(buffer.reason, REASON(DISABLED));
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

CASE(two_managers_have_the_same_batch)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&server);
	client_connect(&client, &server);
	struct client_batch batch;
	struct gesso_gpu_memory_buffer_manager_v1 *second =
		client_bind_manager_into(&client, &batch);
	CHECK_EQUAL(batch.done, 1);
	CHECK_EQUAL(batch.formats_len, client.batch.formats_len);
	CHECK_EQUAL(batch.allocators_len, client.batch.allocators_len);
	struct buffer left, right;
	buffer_create_native(&left, &client, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_request_on(&right, &client, second, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&right);
	CHECK_EQUAL(right.state, BUFFER_ALLOCATED);
	buffer_map(&right);
	CHECK_INT(!=, left.inode, right.inode);
	gesso_gpu_memory_buffer_manager_v1_destroy(second);
	buffer_destroy(&left);
	buffer_destroy(&right);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* A client that came before the probe had ended is told when it has. */
CASE(batch_is_sent_again_after_the_probe)
{
	struct server server;
	struct client client;
	server_start_early(
		&server, "early", "--renderer gles2 --allocator memfd --size 64x64 --socket early");
	client_connect(&client, &server);
	CHECK_EQUAL(client.batch.done, 1);
	CHECK_EQUAL(client.batch.formats_len, 0);
	CHECK_EQUAL(client_find_allocator(&client, "memfd")->reason, REASON(PENDING));
	struct buffer early, late;
	buffer_request(&early, &client, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&early);
	CHECK_EQUAL(early.state, BUFFER_FAILED);
	CHECK_EQUAL(early.reason, REASON(PENDING));
	buffer_destroy(&early);
	while (client.batch.done < 2) {
		client_dispatch(&client);
	}
	CHECK_EQUAL(client.batch.formats_len, FORMATS_LEN);
	CHECK_EQUAL(client_find_allocator(&client, "memfd")->reason, 0);
	buffer_create_native(&late, &client, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_destroy(&late);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_wait_ready(&server);
	server_stop(&server);
}

CASE(report_can_be_hidden)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64 --no-report");
	client_connect(&client, &server);
	CHECK(client.manager != NULL);
	CHECK(client.reporter == NULL);
	client_disconnect(&client);
	server_stop(&server);
}

static struct report_path native_figures(struct client *client)
{
	struct report report;
	report_read(&report, client);
	return report_sum(&report, GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
}

CASE(report_counts_frames)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&server);
	client_connect(&client, &server);
	struct window window;
	struct buffer buffers[2];
	window_create(&window, &client, "counted");
	for (size_t i = 0; i < 2; i++) {
		buffer_create_native(&buffers[i], &client, 40, 30, DRM_FORMAT_XRGB8888);
	}
	for (size_t i = 0; i < 6; i++) {
		window_show(&window, &buffers[i % 2]);
	}
	struct report_path native = native_figures(&client);
	CHECK_EQUAL(native.frames, 6);
	CHECK_EQUAL(native.imports, 2);
	CHECK_EQUAL(native.copied_bytes, 0);
	CHECK_EQUAL(native.texture_bytes, 0);
	CHECK_EQUAL(native.reason, 0);

	struct report report;
	report_read(&report, &client);
	const struct report_client *counted = report_find_client(&report, "counted");
	CHECK(counted != NULL);
	CHECK_EQUAL(counted->surfaces, 1);
	CHECK_EQUAL(counted->held_bytes, buffers[0].size_bytes + buffers[1].size_bytes);
	CHECK_EQUAL(report_find_buffer(&report, buffers[1].inode)->shown, 1);
	CHECK_EQUAL(report_find_buffer(&report, buffers[0].inode)->shown, 0);
	window_destroy(&window);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}
