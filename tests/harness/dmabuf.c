/* SPDX-License-Identifier: MIT */
#include "dmabuf.h"
#include "check.h"
#include "descriptors.h"
#include <drm.h>
#include <drm/vgem_drm.h>
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define MAX_CARDS 16

static size_t whole_pages(size_t size_bytes)
{
	return (size_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static int open_memfd(size_t size_bytes)
{
	int fd = memfd_create("test-dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, (off_t)size_bytes), 0);
	CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

static int open_file(size_t size_bytes)
{
	char path[] = "/tmp/gesso-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(unlink(path), 0);
	CHECK_EQUAL(ftruncate(fd, (off_t)size_bytes), 0);
	return fd;
}

static int open_pipe(void)
{
	int ends[2];
	CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	return ends[0];
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		case_skip("%s cannot be opened", path);
	}
	return fd;
}

static int open_udmabuf(size_t size_bytes)
{
	int device = open_device("/dev/udmabuf");
	int memfd = open_memfd(whole_pages(size_bytes));
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = whole_pages(size_bytes),
	};
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	CHECK_INT(>=, fd, 0);
	close(memfd);
	close(device);
	return fd;
}

static int open_heap(size_t size_bytes, uint32_t access)
{
	int device = open_device("/dev/dma_heap/system");
	struct dma_heap_allocation_data data = {
		.len = whole_pages(size_bytes),
		.fd_flags = access | O_CLOEXEC,
	};
	CHECK_EQUAL(ioctl(device, DMA_HEAP_IOCTL_ALLOC, &data), 0);
	close(device);
	return (int)data.fd;
}

static bool is_driver(int fd, const char *wanted)
{
	char name[16] = "";
	struct drm_version version = {.name = name, .name_len = sizeof(name) - 1};
	return ioctl(fd, DRM_IOCTL_VERSION, &version) == 0 && strcmp(name, wanted) == 0;
}

int dmabuf_open_card(const char *driver)
{
	for (int i = 0; i < MAX_CARDS; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && is_driver(fd, driver)) {
			return fd;
		}
		if (fd >= 0) {
			close(fd);
		}
	}
	case_skip("there is no %s card", driver);
}

int dmabuf_open_vgem(void)
{
	return dmabuf_open_card("vgem");
}

static uint32_t create_dumb(int device, size_t size_bytes)
{
	struct drm_mode_create_dumb create = {
		.width = PAGE_BYTES / 4,
		.height = (uint32_t)(whole_pages(size_bytes) / PAGE_BYTES),
		.bpp = 32,
	};
	CHECK_EQUAL(ioctl(device, DRM_IOCTL_MODE_CREATE_DUMB, &create), 0);
	return create.handle;
}

static int export_handle(int device, uint32_t handle, uint32_t access)
{
	struct drm_prime_handle prime = {.handle = handle, .flags = DRM_CLOEXEC | access};
	CHECK_EQUAL(ioctl(device, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
	return prime.fd;
}

/* A descriptor that cannot be mapped for writing, and a mapping by another way if `map` is set. */
static int open_read_only(size_t size_bytes, uint8_t **map)
{
	int device = dmabuf_open_vgem();
	uint32_t handle = create_dumb(device, size_bytes);
	if (map != NULL) {
		struct drm_mode_map_dumb where = {.handle = handle};
		CHECK_EQUAL(ioctl(device, DRM_IOCTL_MODE_MAP_DUMB, &where), 0);
		*map = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, device,
			(off_t)where.offset);
		CHECK(*map != MAP_FAILED);
	}
	int fd = export_handle(device, handle, 0);
	close(device);
	return fd;
}

static int open_vgem_buffer(size_t size_bytes)
{
	int device = dmabuf_open_vgem();
	int fd = export_handle(device, create_dumb(device, size_bytes), DRM_RDWR);
	close(device);
	return fd;
}

int dmabuf_open(const char *source, size_t size_bytes)
{
	if (strcmp(source, "memfd") == 0) {
		return open_memfd(size_bytes);
	} else if (strcmp(source, "file") == 0) {
		return open_file(size_bytes);
	} else if (strcmp(source, "pipe") == 0) {
		return open_pipe();
	} else if (strcmp(source, "udmabuf") == 0) {
		return open_udmabuf(size_bytes);
	} else if (strcmp(source, "dma-heap") == 0) {
		return open_heap(size_bytes, O_RDWR);
	} else if (strcmp(source, "write-only") == 0) {
		return open_heap(size_bytes, O_WRONLY);
	} else if (strcmp(source, "read-only") == 0) {
		return open_read_only(size_bytes, NULL);
	}
	if (strcmp(source, "vgem") == 0) {
		return open_vgem_buffer(size_bytes);
	}
	return descriptor_open(source);
}

#define NO_ANSWER (-3)

struct answer {
	int result;
	struct wl_buffer *wl_buffer;
};

static void params_handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer)
{
	struct answer *answer = data;
	answer->result = DMABUF_CREATED;
	answer->wl_buffer = wl_buffer;
}

static void params_handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct answer *answer = data;
	answer->result = DMABUF_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = params_handle_created,
	.failed = params_handle_failed,
};

static void send_planes(
	struct zwp_linux_buffer_params_v1 *params, const struct dmabuf_claim *claim, int fd)
{
	for (size_t i = 0; i < claim->planes_len; i++) {
		const struct dmabuf_plane *plane = &claim->planes[i];
		zwp_linux_buffer_params_v1_add(params, fd, plane->index, plane->offset_bytes,
			plane->stride_bytes, (uint32_t)(plane->modifier >> 32),
			(uint32_t)plane->modifier);
	}
}

/* The one error of this connection, or what the events said. */
static int wait_answer(struct client *client, const struct dmabuf_claim *claim,
	const struct answer *answer, bool immediate)
{
	if (wl_display_roundtrip(client->display) >= 0) {
		if (answer->result == NO_ANSWER && !immediate) {
			FAIL("%s: no answer came", claim->what);
		}
		return answer->result == NO_ANSWER ? DMABUF_CREATED : answer->result;
	}
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	uint32_t error = wl_display_get_protocol_error(client->display, &interface, &id);
	CHECK(interface != NULL);
	CHECK_STRING(interface->name, "zwp_linux_buffer_params_v1");
	return (int)error;
}

int dmabuf_claim_answer(struct client *client, const struct dmabuf_claim *claim, bool immediate)
{
	struct answer answer = {.result = NO_ANSWER};
	CHECK(client->dmabuf != NULL);
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
	int fd = dmabuf_open(claim->source, claim->size_bytes);
	send_planes(params, claim, fd);
	close(fd);
	if (immediate) {
		answer.wl_buffer = zwp_linux_buffer_params_v1_create_immed(
			params, claim->width_px, claim->height_px, claim->fourcc, claim->flags);
	} else {
		zwp_linux_buffer_params_v1_create(
			params, claim->width_px, claim->height_px, claim->fourcc, claim->flags);
	}
	int got = wait_answer(client, claim, &answer, immediate);
	if (answer.wl_buffer != NULL) {
		wl_buffer_destroy(answer.wl_buffer);
	}
	zwp_linux_buffer_params_v1_destroy(params);
	return got;
}

void dmabuf_check_claim_by(
	const struct server *server, const struct dmabuf_claim *claim, bool immediate, int expected)
{
	struct client client;
	client_connect(&client, server);
	int got = dmabuf_claim_answer(&client, claim, immediate);
	if (got != expected) {
		FAIL("%s by %s: %d, not %d", claim->what, immediate ? "create_immed" : "create",
			got, expected);
	}
	client_disconnect(&client);
}

void dmabuf_check_claim(const struct server *server, const struct dmabuf_claim *claim, int expected)
{
	dmabuf_check_claim_by(server, claim, false, expected);
	dmabuf_check_claim_by(server, claim, true, expected);
}

void buffer_create_dmabuf(struct buffer *buffer, struct client *client, const char *source,
	int width_px, int height_px, uint32_t fourcc)
{
	buffer_create_dmabuf_with(
		buffer, client, source, width_px, height_px, fourcc, DRM_FORMAT_MOD_LINEAR);
}

void buffer_create_dmabuf_with(struct buffer *buffer, struct client *client, const char *source,
	int width_px, int height_px, uint32_t fourcc, uint64_t modifier)
{
	CHECK(client->dmabuf != NULL);
	uint32_t row_bytes = (uint32_t)width_px * buffer_bytes_per_pixel(fourcc);
	*buffer = (struct buffer){
		.client = client,
		.width_px = width_px,
		.height_px = height_px,
		.fourcc = fourcc,
		.offset_bytes = 128,
		.stride_bytes = (row_bytes + 63) / 64 * 64 + 64,
	};
	snprintf(buffer->allocator, sizeof(buffer->allocator), "%s", source);
	buffer->size_bytes = whole_pages(
		buffer->offset_bytes + (size_t)buffer->stride_bytes * (size_t)height_px);
	uint8_t *map = NULL;
	buffer->fd = strcmp(source, "read-only") == 0 ? open_read_only(buffer->size_bytes, &map)
						      : dmabuf_open(source, buffer->size_bytes);

	struct answer answer = {.result = NO_ANSWER};
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
	zwp_linux_buffer_params_v1_add(params, buffer->fd, 0, buffer->offset_bytes,
		buffer->stride_bytes, (uint32_t)(modifier >> 32), (uint32_t)modifier);
	struct wl_buffer *wl_buffer =
		zwp_linux_buffer_params_v1_create_immed(params, width_px, height_px, fourcc, 0);
	client_roundtrip(client);
	if (answer.result != NO_ANSWER) {
		FAIL("a buffer of %s, %dx%d, format 0x%08x failed", source, width_px, height_px,
			fourcc);
	}
	zwp_linux_buffer_params_v1_destroy(params);
	buffer_init_dmabuf(buffer, wl_buffer, map);
}

void dmabuf_fence_attach(struct dmabuf_fence *fence, int fd)
{
	*fence = (struct dmabuf_fence){.device = dmabuf_open_vgem()};
	uint32_t handle = create_dumb(fence->device, PAGE_BYTES);
	struct drm_vgem_fence_attach attach = {.handle = handle, .flags = VGEM_FENCE_WRITE};
	CHECK_EQUAL(ioctl(fence->device, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach), 0);
	fence->id = attach.out_fence;

	int from = export_handle(fence->device, handle, DRM_RDWR);
	struct dma_buf_export_sync_file out = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	CHECK_EQUAL(ioctl(from, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out), 0);
	struct dma_buf_import_sync_file in = {.flags = DMA_BUF_SYNC_WRITE, .fd = out.fd};
	CHECK_EQUAL(ioctl(fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in), 0);
	close(out.fd);
	close(from);
}

void dmabuf_fence_signal(struct dmabuf_fence *fence)
{
	struct drm_vgem_fence_signal signal = {.fence = fence->id};
	CHECK_EQUAL(ioctl(fence->device, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal), 0);
}

void dmabuf_fence_finish(struct dmabuf_fence *fence)
{
	close(fence->device);
	fence->device = -1;
}

bool client_offers_dmabuf(const struct client *client, uint32_t fourcc, uint64_t modifier)
{
	for (size_t i = 0; i < client->dmabuf_pairs_len; i++) {
		if (client->dmabuf_pairs[i].fourcc == fourcc &&
			client->dmabuf_pairs[i].modifier == modifier) {
			return true;
		}
	}
	return false;
}
