/* SPDX-License-Identifier: MIT */
/*
 * Pictures of two planes over path dmabuf, in one dma-buf and in two. No software
 * renderer of Mesa 25.0 imports a second plane (llvmpipe: lp_texture.c), so here a
 * compositor of the component alone has a renderer that takes it.
 */
#include "case.h"
#include "dmabuf.h"
#include "fake_compositor.h"
#include "proc.h"
#include "report.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name
#define NV12 DRM_FORMAT_NV12
#define P010 DRM_FORMAT_P010
#define ANY DRM_FORMAT_MOD_INVALID
#define SIZE 12288 /* 64 x 128 of NV12, 64 x 64 of P010, and whole pages */

static const struct {
	struct dmabuf_claim claim;
	int expected;
} rows[] = {
	/* clang-format off */
	{{"NV12", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 128, NV12, 0},
		DMABUF_CREATED},
	{{"P010", "udmabuf", SIZE, {{0, 0, 128, 0}, {1, 8192, 128, 0}}, 2, 64, 64, P010, 0},
		DMABUF_CREATED},
	{{"implicit modifier", "udmabuf", SIZE, {{0, 0, 64, ANY}, {1, 8192, 64, ANY}}, 2, 64, 128,
		NV12, 0}, DMABUF_CREATED},
	{{"the second plane first", "udmabuf", SIZE, {{1, 0, 64, 0}, {0, 4096, 64, 0}}, 2, 64, 128,
		NV12, 0}, DMABUF_CREATED},
	{{"one plane", "udmabuf", SIZE, {{0, 0, 64, 0}}, 1, 64, 128, NV12, 0}, ERROR(INCOMPLETE)},
	{{"only the second plane", "udmabuf", SIZE, {{1, 8192, 64, 0}}, 1, 64, 128, NV12, 0},
		ERROR(INCOMPLETE)},
	{{"three planes", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}, {2, 8192, 64, 0}}, 3,
		64, 128, NV12, 0}, ERROR(INCOMPLETE)},
	{{"a stride less than a row of pairs", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 63, 0}},
		2, 64, 128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a row of NV12 for P010", "udmabuf", SIZE, {{0, 0, 128, 0}, {1, 8192, 64, 0}}, 2, 64, 64,
		P010, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a row of pairs too many", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8256, 64, 0}}, 2, 64, 128,
		NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a first plane past the end", "udmabuf", SIZE, {{0, 8192, 64, 0}, {1, 0, 64, 0}}, 2, 64,
		128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"an offset near 4 GiB", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 0xfffffff0u, 64, 0}}, 2, 64,
		128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a size that wraps at 4 GiB", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 0, 0x4000000u, 0}}, 2,
		64, 128, NV12, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"half a pair of offset", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8191, 64, 0}}, 2, 64, 128,
		NV12, 0}, DMABUF_FAILED},
	{{"an odd width", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 63, 128, NV12, 0},
		DMABUF_FAILED},
	{{"an odd height", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 127, NV12, 0},
		DMABUF_FAILED},
	{{"two modifiers", "udmabuf", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, ANY}}, 2, 64, 128, NV12,
		0}, DMABUF_FAILED},
	{{"a memfd", "memfd", SIZE, {{0, 0, 64, 0}, {1, 8192, 64, 0}}, 2, 64, 128, NV12, 0},
		DMABUF_FAILED},
	/* clang-format on */
};

CASE(two_plane_claims)
{
	struct fake_compositor compositor;
	case_need_device("/dev/udmabuf");
	fake_compositor_start(&compositor, -1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dmabuf_check_claim(&compositor.server, &rows[i].claim, rows[i].expected);
	}
	fake_compositor_stop(&compositor);
}

static uint64_t inode_of(int fd)
{
	struct stat status;
	CHECK_EQUAL(fstat(fd, &status), 0);
	return status.st_ino;
}

static uint64_t held_bytes(struct client *client, size_t *buffers_len)
{
	struct report report;
	report_read(&report, client);
	*buffers_len = report.buffers_len;
	return report_held_bytes(&report);
}

static uint64_t descriptors_of(struct client *client)
{
	struct report report;
	report_read(&report, client);
	CHECK_EQUAL(report.clients_len, 1);
	const struct report_budget *budget =
		report_find_budget(&report, report.clients[0].id, "descriptors");
	CHECK(budget != NULL);
	return budget->has;
}

static void check_told_once(struct client *client, int fd, size_t size_bytes)
{
	struct report report;
	size_t times = 0;
	report_read(&report, client);
	for (size_t i = 0; i < report.buffers_len; i++) {
		if (report.buffers[i].inode == inode_of(fd)) {
			CHECK_EQUAL(report.buffers[i].path, GESSO_MEMORY_REPORT_V1_PATH_DMABUF);
			CHECK_EQUAL(report.buffers[i].size_bytes, size_bytes);
			CHECK_EQUAL(report.buffers[i].format, NV12);
			times++;
		}
	}
	CHECK_EQUAL(times, 1);
}

/* A picture of 64 x 128 whose planes lie at byte 0 of `luma` and at `offset` of `chroma`. */
static void check_planes(struct fake_compositor *compositor, struct client *client, int luma,
	int chroma, uint32_t offset)
{
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add(params, luma, 0, 0, 64, 0, 0);
	zwp_linux_buffer_params_v1_add(params, chroma, 1, offset, 128, 0, 0);
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(params, 64, 128, NV12, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	client_roundtrip(client);
	const struct fake_seen *seen = compositor->seen;
	CHECK_EQUAL(seen->planes_len, 2);
	CHECK_EQUAL(seen->modifier, DRM_FORMAT_MOD_LINEAR);
	CHECK_EQUAL(seen->inodes[0], inode_of(luma));
	CHECK_EQUAL(seen->inodes[1], inode_of(chroma));
	CHECK_EQUAL(seen->offset_bytes[1], offset);
	CHECK_EQUAL(seen->stride_bytes[0], 64);
	CHECK_EQUAL(seen->stride_bytes[1], 128);

	struct stat luma_status, chroma_status;
	CHECK(fstat(luma, &luma_status) == 0 && fstat(chroma, &chroma_status) == 0);
	bool one = luma_status.st_ino == chroma_status.st_ino;
	size_t buffers_len;
	CHECK_EQUAL(held_bytes(client, &buffers_len),
		(uint64_t)luma_status.st_size + (one ? 0 : (uint64_t)chroma_status.st_size));
	CHECK_EQUAL(buffers_len, one ? 1 : 2);
	CHECK_EQUAL(descriptors_of(client), one ? 1 : 2);
	check_told_once(client, luma, (size_t)luma_status.st_size);
	check_told_once(client, chroma, (size_t)chroma_status.st_size);
	wl_buffer_destroy(buffer);
	client_roundtrip(client);
	CHECK_EQUAL(held_bytes(client, &buffers_len), 0);
	CHECK_EQUAL(buffers_len, 0);
	CHECK_EQUAL(descriptors_of(client), 0);
}

CASE(two_planes_in_one_and_in_two)
{
	struct fake_compositor compositor;
	struct client client;
	case_need_device("/dev/udmabuf");
	fake_compositor_start(&compositor, -1);
	client_connect(&client, &compositor.server);
	int one = dmabuf_open("udmabuf", 16384), other = dmabuf_open("udmabuf", 8192);
	int idle = proc_count_descriptors(compositor.server.pid);
	for (int round = 0; round < 3; round++) {
		check_planes(&compositor, &client, one, one, 8192);
		check_planes(&compositor, &client, one, other, 0);
		CHECK_EQUAL(proc_count_descriptors(compositor.server.pid), idle);
	}
	close(one);
	close(other);
	client_disconnect(&client);
	fake_compositor_stop(&compositor);
}

/* What a client was told of, and a lost renderer took back: it fails, by either request. */
CASE(withdrawn_formats_fail)
{
	struct fake_compositor compositor;
	struct dmabuf_claim told = {
		"told", "udmabuf", 16384, {{0, 0, 256, 0}}, 1, 64, 64, DRM_FORMAT_XRGB8888, 0};
	struct dmabuf_claim never = told;
	never.fourcc = DRM_FORMAT_YUYV;
	case_need_device("/dev/udmabuf");
	fake_compositor_start(&compositor, -1);
	struct client before;
	client_connect(&before, &compositor.server);
	client_roundtrip(&before);
	CHECK(client_offers_dmabuf(&before, told.fourcc, DRM_FORMAT_MOD_LINEAR));
	dmabuf_check_claim(&compositor.server, &told, DMABUF_CREATED);
	CHECK_EQUAL(kill(compositor.server.pid, SIGUSR1), 0);
	for (size_t left = 1; left > 0;) {
		struct client after;
		client_connect(&after, &compositor.server);
		client_roundtrip(&after);
		left = after.dmabuf_pairs_len;
		client_disconnect(&after);
	}
	CHECK_EQUAL(dmabuf_claim_answer(&before, &told, false), DMABUF_FAILED);
	CHECK_EQUAL(dmabuf_claim_answer(&before, &told, true), DMABUF_FAILED);
	dmabuf_check_claim(&compositor.server, &never, ERROR(INVALID_FORMAT));
	client_disconnect(&before);
	fake_compositor_stop(&compositor);
}
