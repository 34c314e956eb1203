/* SPDX-License-Identifier: MIT */
/*
 * wlroots' global where the renderer does not import a buffer: it is mapped and uploaded. Host
 * lane: a file of memory passes for a dma-buf, and /dev/null for the card.
 */
#include "case.h"
#include "dmabuf.h"
#include "fake_compositor.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <xf86drm.h>

#define XRGB DRM_FORMAT_XRGB8888
#define HEIGHT_PX 16
#define IMPORT_FAILED GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_IMPORT_FAILED

int fstatfs(int fd, struct statfs *status)
{
	*status = (struct statfs){.f_type = DMA_BUF_MAGIC};
	return 0;
}

int drmGetDeviceFromDevId(dev_t id, uint32_t flags, drmDevicePtr *device)
{
	static char path[] = "/dev/null";
	static char *nodes[DRM_NODE_MAX] = {path, path, path};
	static drmDevice card = {.nodes = nodes, .available_nodes = 1 << DRM_NODE_PRIMARY};
	*device = &card;
	return 0;
}

void drmFreeDevice(drmDevicePtr *device)
{
	*device = NULL;
}

static void start(struct fake_compositor *compositor)
{
	int card = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK_INT(>=, card, 0);
	fake_compositor_start(compositor, card);
	close(card);
}

static struct report_path figures(struct client *client, struct report *report)
{
	report_read(report, client);
	for (size_t i = 0; i < report->paths_len; i++) {
		if (report->paths[i].path == GESSO_MEMORY_REPORT_V1_PATH_DMABUF) {
			return report->paths[i];
		}
	}
	FAIL("nothing is told of path dmabuf");
}

static void paint(struct buffer *buffer, uint32_t pixel)
{
	for (int y = 0; y < buffer->height_px; y++) {
		uint32_t *row = (uint32_t *)(buffer->pixels + (size_t)y * buffer->stride_bytes);
		for (int x = 0; x < buffer->width_px; x++) {
			row[x] = pixel + (uint32_t)(y * buffer->width_px + x);
		}
	}
}

static void check_shown(struct fake_compositor *compositor, struct client *client,
	struct wl_surface *surface, struct buffer *buffer)
{
	const uint32_t last = FAKE_REFUSED_PX * HEIGHT_PX - 1;
	for (uint32_t round = 1; round <= 2; round++) {
		uint32_t uploads = compositor->seen->uploads;
		paint(buffer, round << 12);
		surface_commit(surface, buffer);
		buffer_wait_release(buffer);
		CHECK_EQUAL(compositor->seen->uploads, uploads + 1);
		CHECK_EQUAL(compositor->seen->corners[0], round << 12);
		CHECK_EQUAL(compositor->seen->corners[1], (round << 12) + last);
	}
}

static void check_copied(struct fake_compositor *compositor)
{
	struct client client;
	struct buffer buffer;
	struct report report;
	client_connect(&client, &compositor->server);
	struct wl_surface *surface = wl_compositor_create_surface(client.compositor);
	buffer_create_dmabuf(&buffer, &client, "memfd", FAKE_REFUSED_PX, HEIGHT_PX, XRGB);
	check_shown(compositor, &client, surface, &buffer);
	struct report_path told = figures(&client, &report);
	CHECK_EQUAL(told.frames, 2);
	CHECK_EQUAL(told.imports, 0);
	CHECK_EQUAL(told.copied_bytes, 2 * FAKE_REFUSED_PX * HEIGHT_PX * 4);
	CHECK_EQUAL(told.reason, IMPORT_FAILED);
	CHECK(strstr(told.words, "did not import it: it is copied") != NULL);
	CHECK_EQUAL(report.buffers_len, 1);
	CHECK_EQUAL(report_held_bytes(&report), buffer.size_bytes);
	CHECK_EQUAL(report_find_budget(&report, told.client, "buffers")->has, 1);
	CHECK_EQUAL(proc_mappings_of(compositor->server.pid, buffer.inode).count, 1);
	wl_surface_destroy(surface);
	buffer_destroy(&buffer);
	report_read(&report, &client);
	CHECK_EQUAL(report.buffers_len, 0);
	CHECK_EQUAL(report_held_bytes(&report), 0);
	client_disconnect(&client);
}

/* By create: the wl_buffer is the server's, and is there when the event comes. */
static void check_created(struct fake_compositor *compositor)
{
	const struct dmabuf_claim claim = {"not imported", "memfd", 64 * 256, {{0, 0, 256, 0}}, 1,
		FAKE_REFUSED_PX, 64, XRGB, 0};
	dmabuf_check_claim(&compositor->server, &claim, DMABUF_CREATED);
}

/* Nobody can map what `fd` (taken) is. */
static int without_reading(int fd)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int unreadable = open(path, O_WRONLY | O_CLOEXEC);
	CHECK_INT(>=, unreadable, 0);
	close(fd);
	return unreadable;
}

static void check_refused(
	struct fake_compositor *compositor, int fd, uint64_t modifier, const char *words)
{
	struct client client;
	struct report report;
	client_connect(&client, &compositor->server);
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client.dmabuf);
	zwp_linux_buffer_params_v1_add(
		params, fd, 0, 0, 256, (uint32_t)(modifier >> 32), (uint32_t)modifier);
	close(fd);
	zwp_linux_buffer_params_v1_create(params, FAKE_REFUSED_PX, HEIGHT_PX, XRGB, 0);
	client_roundtrip(&client);
	struct report_path told = figures(&client, &report);
	CHECK_EQUAL(told.reason, IMPORT_FAILED);
	if (strstr(told.words, "it is not copied") == NULL || strstr(told.words, words) == NULL) {
		FAIL("'%s' does not say '%s'", told.words, words);
	}
	CHECK_EQUAL(report.buffers_len, 0);
	CHECK_EQUAL(report_held_bytes(&report), 0);
	zwp_linux_buffer_params_v1_destroy(params);
	client_disconnect(&client);
}

/* It has dealt with whatever its clients have sent, or with their end. */
static void wait_at_rest(const struct fake_compositor *compositor)
{
	while (!proc_at_rest(compositor->server.pid)) {
		usleep(1000);
	}
}

static int count_descriptors(const struct fake_compositor *compositor)
{
	wait_at_rest(compositor);
	return proc_count_descriptors(compositor->server.pid);
}

/* That a buffer was asked for, once or twice, is the last that is heard of its client. */
static void check_gone(struct fake_compositor *compositor)
{
	for (int buffers = 1; buffers <= 2; buffers++) {
		struct client client;
		client_connect(&client, &compositor->server);
		int fd = dmabuf_open("memfd", 64 * 256);
		for (int i = 0; i < buffers; i++) {
			struct zwp_linux_buffer_params_v1 *params =
				zwp_linux_dmabuf_v1_create_params(client.dmabuf);
			zwp_linux_buffer_params_v1_add(params, fd, 0, 0, 256, 0, 0);
			zwp_linux_buffer_params_v1_create_immed(
				params, FAKE_REFUSED_PX, 64, XRGB, 0);
		}
		wl_display_flush(client.display);
		wait_at_rest(compositor);
		CHECK_EQUAL(shutdown(wl_display_get_fd(client.display), SHUT_RDWR), 0);
		close(fd);
		client_disconnect(&client);
	}
}

CASE(device_copies_what_it_does_not_import)
{
	struct fake_compositor compositor;
	start(&compositor);
	check_created(&compositor);
	int idle = count_descriptors(&compositor);
	check_copied(&compositor);
	check_created(&compositor);
	check_refused(&compositor, without_reading(dmabuf_open("memfd", 64 * 256)), 0, "mmap of");
	check_refused(&compositor, dmabuf_open("memfd", 64 * 256), DRM_FORMAT_MOD_INVALID,
		"left to its exporter");
	check_gone(&compositor);
	check_copied(&compositor);
	CHECK_EQUAL(count_descriptors(&compositor), idle);
	fake_compositor_stop(&compositor);
}
