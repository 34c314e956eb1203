/* SPDX-License-Identifier: MIT */
/*
 * Path dmabuf where the renderer has a DRM device: wlroots' global with feedback, and
 * what Gesso adds to it. The renderer is fake; the card, card=DRIVER, is real.
 */
#include "case.h"
#include "dmabuf.h"
#include "fake_compositor.h"
#include "proc.h"
#include "report.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name
#define XRGB DRM_FORMAT_XRGB8888
#define NV12 DRM_FORMAT_NV12
#define ANY DRM_FORMAT_MOD_INVALID
#define SIZE (64 * 256)
#define MAX_PLANES_HELD 64

/* One format and modifier of the table that both sides map (linux-dmabuf-v1.xml). */
struct table_entry {
	uint32_t fourcc, padding;
	uint64_t modifier;
};

struct feedback {
	struct zwp_linux_dmabuf_v1 *dmabuf;
	uint32_t version;
	dev_t main_device, target_device;
	uint32_t table_len;
	bool has_linear, done;
};

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *resource)
{
	((struct feedback *)data)->done = true;
}

static void handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *resource, int32_t fd, uint32_t size)
{
	struct feedback *feedback = data;
	const struct table_entry *table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(table != MAP_FAILED);
	close(fd);
	feedback->table_len = size / sizeof(*table);
	for (uint32_t i = 0; i < feedback->table_len; i++) {
		feedback->has_linear = feedback->has_linear ||
			(table[i].fourcc == XRGB && table[i].modifier == DRM_FORMAT_MOD_LINEAR);
	}
	munmap((void *)table, size);
}

static dev_t device_from_array(const struct wl_array *array)
{
	dev_t device;
	CHECK_EQUAL(array->size, sizeof(device));
	memcpy(&device, array->data, sizeof(device));
	return device;
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *resource, struct wl_array *device)
{
	((struct feedback *)data)->main_device = device_from_array(device);
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *resource)
{
}

static void handle_tranche_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *resource, struct wl_array *device)
{
	((struct feedback *)data)->target_device = device_from_array(device);
}

static void handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *resource, struct wl_array *indices)
{
	struct feedback *feedback = data;
	CHECK_EQUAL(indices->size, feedback->table_len * sizeof(uint16_t));
}

static void handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *resource, uint32_t flags)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_done,
	.format_table = handle_format_table,
	.main_device = handle_main_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_tranche_target_device,
	.tranche_formats = handle_tranche_formats,
	.tranche_flags = handle_tranche_flags,
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct feedback *feedback = data;
	if (strcmp(interface, zwp_linux_dmabuf_v1_interface.name) == 0) {
		feedback->version = version;
		feedback->dmabuf =
			wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface, version);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void bind_latest(struct client *client, struct feedback *feedback)
{
	struct wl_registry *registry = wl_display_get_registry(client->display);
	*feedback = (struct feedback){0};
	wl_registry_add_listener(registry, &registry_listener, feedback);
	client_roundtrip(client);
	wl_registry_destroy(registry);
	CHECK(feedback->dmabuf != NULL);
}

static void check_feedback(struct client *client, struct feedback *feedback,
	struct zwp_linux_dmabuf_feedback_v1 *resource, int card)
{
	struct stat status;
	CHECK_EQUAL(fstat(card, &status), 0);
	*feedback = (struct feedback){.dmabuf = feedback->dmabuf};
	zwp_linux_dmabuf_feedback_v1_add_listener(resource, &feedback_listener, feedback);
	client_roundtrip(client);
	CHECK(feedback->done);
	CHECK_EQUAL(feedback->main_device, status.st_rdev);
	CHECK_EQUAL(feedback->target_device, status.st_rdev);
	CHECK(feedback->has_linear);
	zwp_linux_dmabuf_feedback_v1_destroy(resource);
}

static void check_feedbacks(struct fake_compositor *compositor, int card)
{
	struct client client;
	struct feedback feedback;
	client_connect(&client, &compositor->server);
	bind_latest(&client, &feedback);
	CHECK_EQUAL(feedback.version, 4);
	check_feedback(&client, &feedback,
		zwp_linux_dmabuf_v1_get_default_feedback(feedback.dmabuf), card);
	struct wl_surface *surface = wl_compositor_create_surface(client.compositor);
	check_feedback(&client, &feedback,
		zwp_linux_dmabuf_v1_get_surface_feedback(feedback.dmabuf, surface), card);
	wl_surface_destroy(surface);
	zwp_linux_dmabuf_v1_destroy(feedback.dmabuf);
	client_disconnect(&client);
}

static const struct {
	struct dmabuf_claim claim;
	int expected;
} rows[] = {
	/* clang-format off */
	{{"tight", "udmabuf", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_CREATED},
	{{"of dma-heap", "dma-heap", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_CREATED},
	{{"two planes in one", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 128, NV12,
		0}, DMABUF_CREATED},
	{{"a memfd", "memfd", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_FAILED},
	{{"not imported", "udmabuf", SIZE, {{0, 0, 256, 0}}, 1, FAKE_REFUSED_PX, 64, XRGB, 0},
		DMABUF_CREATED},
	{{"not imported, read-only", "read-only", SIZE, {{0, 0, 256, 0}}, 1, FAKE_REFUSED_PX, 64,
		XRGB, 0}, DMABUF_CREATED},
	{{"not imported nor mapped", "write-only", SIZE, {{0, 0, 256, 0}}, 1, FAKE_REFUSED_PX, 64,
		XRGB, 0}, DMABUF_FAILED},
	{{"not imported, of two planes", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2,
		FAKE_REFUSED_PX, 128, NV12, 0}, DMABUF_FAILED},
	{{"not imported, in rows by its exporter", "udmabuf", SIZE, {{0, 0, 256, ANY}}, 1,
		FAKE_REFUSED_PX, 64, XRGB, 0}, DMABUF_CREATED},
	{{"not imported, in rows by the kernel's heap", "dma-heap", SIZE, {{0, 0, 256, ANY}}, 1,
		FAKE_REFUSED_PX, 64, XRGB, 0}, DMABUF_CREATED},
	{{"not imported, laid out as a driver likes", "vgem", SIZE, {{0, 0, 256, ANY}}, 1,
		FAKE_REFUSED_PX, 64, XRGB, 0}, DMABUF_FAILED},
	{{"a plane too many", "udmabuf", SIZE, {{0, 0, 256, 0}, {1, 0, 256, 0}}, 2, 64, 64, XRGB,
		0}, DMABUF_FAILED},
	{{"a plane too few", "udmabuf", SIZE, {{0, 0, 64, 0}}, 1, 64, 128, NV12, 0}, DMABUF_FAILED},
	{{"a stride less than a row", "udmabuf", SIZE, {{0, 0, 252, 0}}, 1, 64, 64, XRGB, 0},
		DMABUF_FAILED},
	{{"half a pixel of offset", "udmabuf", SIZE, {{0, 2, 256, 0}}, 1, 64, 8, XRGB, 0},
		DMABUF_FAILED},
	{{"a second plane past the end", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 12352, 64, 0}}, 2, 64,
		128, NV12, 0}, DMABUF_FAILED},
	{{"a side too long", "udmabuf", 65540, {{0, 0, 4, 0}}, 1, 1, 16385, XRGB, 0},
		DMABUF_FAILED},
	{{"over the budget", "udmabuf", 2 * FAKE_BUDGET_BYTES, {{0, 0, 256, 0}}, 1, 64, 64, XRGB,
		0}, DMABUF_FAILED},
	{{"a row too many", "udmabuf", SIZE, {{0, 0, 256, 0}}, 1, 64, 65, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	/* clang-format on */
};

/* wlroots ends who asked for a buffer that fails at once. */
static void check_claims(struct fake_compositor *compositor)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int expected = rows[i].expected;
		dmabuf_check_claim_by(&compositor->server, &rows[i].claim, false, expected);
		dmabuf_check_claim_by(&compositor->server, &rows[i].claim, true,
			expected == DMABUF_FAILED ? ERROR(INVALID_WL_BUFFER) : expected);
	}
}

static struct report_budget budget_of(struct client *client, const char *name)
{
	struct report report;
	report_read(&report, client);
	CHECK_EQUAL(report.clients_len, 1);
	const struct report_budget *budget =
		report_find_budget(&report, report.clients[0].id, name);
	CHECK(budget != NULL);
	return *budget;
}

static struct wl_buffer *create_two_planes(struct client *client, int fd)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, 64, 0, 0);
	zwp_linux_buffer_params_v1_add(params, fd, 1, 8192, 64, 0, 0);
	client_roundtrip(client);
	CHECK_EQUAL(budget_of(client, "descriptors").has, 2);
	struct wl_buffer *made = zwp_linux_buffer_params_v1_create_immed(params, 64, 128, NV12, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	client_roundtrip(client);
	return made;
}

/* Bytes, buffers and descriptors, until the buffer is gone. */
static void check_charged(struct fake_compositor *compositor)
{
	struct client client;
	int fd = dmabuf_open("udmabuf", FAKE_BUDGET_BYTES / 2);
	client_connect(&client, &compositor->server);
	for (int round = 0; round < 2; round++) {
		struct wl_buffer *made = create_two_planes(&client, fd);
		CHECK_EQUAL(budget_of(&client, "bytes").has, FAKE_BUDGET_BYTES / 2);
		CHECK_EQUAL(budget_of(&client, "buffers").has, 1);
		CHECK_EQUAL(budget_of(&client, "descriptors").has, 2);
		struct dmabuf_claim claim = {"beside it", "udmabuf", FAKE_BUDGET_BYTES * 3 / 4,
			{{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0};
		CHECK_EQUAL(dmabuf_claim_answer(&client, &claim, false), DMABUF_FAILED);
		claim.size_bytes = FAKE_BUDGET_BYTES / 2;
		CHECK_EQUAL(dmabuf_claim_answer(&client, &claim, false), DMABUF_CREATED);
		wl_buffer_destroy(made);
		client_roundtrip(&client);
		CHECK_EQUAL(budget_of(&client, "bytes").has, 0);
		CHECK_EQUAL(budget_of(&client, "buffers").has, 0);
		CHECK_EQUAL(budget_of(&client, "descriptors").has, 0);
	}
	/* it goes with a buffer, and with planes of none */
	create_two_planes(&client, fd);
	zwp_linux_buffer_params_v1_add(
		zwp_linux_dmabuf_v1_create_params(client.dmabuf), fd, 0, 0, 256, 0, 0);
	client_roundtrip(&client);
	client_disconnect(&client);
	close(fd);
}

static void check_planes_are_bounded(struct fake_compositor *compositor)
{
	struct client client;
	int fd = dmabuf_open("udmabuf", SIZE);
	client_connect(&client, &compositor->server);
	for (int i = 0; i <= MAX_PLANES_HELD; i++) {
		zwp_linux_buffer_params_v1_add(
			zwp_linux_dmabuf_v1_create_params(client.dmabuf), fd, 0, 0, 256, 0, 0);
		if (i < MAX_PLANES_HELD) {
			client_roundtrip(&client);
		}
	}
	client_expect_error(&client, "wl_display", WL_DISPLAY_ERROR_NO_MEMORY);
	client_disconnect(&client);
	close(fd);
}

CASE(device_global)
{
	struct fake_compositor compositor;
	int card = dmabuf_open_card(case_fixture("card"));
	case_set_deadline(60);
	case_need_device("/dev/udmabuf");
	fake_compositor_start(&compositor, card);
	check_feedbacks(&compositor, card);
	check_claims(&compositor);
	int idle = proc_count_descriptors(compositor.server.pid);
	check_charged(&compositor);
	check_planes_are_bounded(&compositor);
	check_feedbacks(&compositor, card);
	CHECK_EQUAL(proc_count_descriptors(compositor.server.pid), idle);
	fake_compositor_stop(&compositor);
	close(card);
}

CASE(vgem_is_never_named)
{
	struct fake_compositor compositor;
	struct client client;
	struct feedback feedback;
	int card = dmabuf_open_card(case_fixture("card"));
	case_need_device("/dev/udmabuf");
	fake_compositor_start(&compositor, card);
	client_connect(&client, &compositor.server);
	bind_latest(&client, &feedback);
	CHECK_EQUAL(feedback.version, 3);
	zwp_linux_dmabuf_v1_destroy(feedback.dmabuf);
	client_disconnect(&client);
	fake_compositor_stop(&compositor);
	close(card);
}
