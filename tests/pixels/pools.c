/* SPDX-License-Identifier: MIT */
/* wl_shm pools that cannot be imported, or should not: the reason, and the picture all the same. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH_PX 128
#define HEIGHT_PX 64
#define ROW_BYTES (WIDTH_PX * 4)
#define SIZE_BYTES (ROW_BYTES * HEIGHT_PX) /* eight pages */
#define PAGE_BYTES 4096

#define SHM_REASON(name) GESSO_MEMORY_REPORT_V1_SHM_REASON_##name
#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name

struct pool {
	int fd;
	struct wl_shm_pool *pool;
	struct buffer buffer;
};

static struct stage stage;
static struct layer layer;

static void begin(const char *options)
{
	stage_begin_with(&stage, options);
	layer_create(&layer, &stage.window, 5, 5);
}

static void end(void)
{
	layer_destroy(&layer);
	stage_end(&stage);
}

static int make_file(size_t size_bytes, unsigned int flags)
{
	int fd = memfd_create("test-shm-pool", MFD_CLOEXEC | flags);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, (off_t)size_bytes), 0);
	return fd;
}

static void make_buffer(struct pool *pool, uint32_t offset_bytes, uint32_t stride_bytes)
{
	pool->buffer = (struct buffer){
		.width_px = WIDTH_PX,
		.height_px = HEIGHT_PX,
		.fourcc = DRM_FORMAT_XRGB8888,
		.offset_bytes = offset_bytes,
		.stride_bytes = stride_bytes,
	};
	buffer_create_in_pool(&pool->buffer, &stage.client, pool->pool, dup(pool->fd));
}

/* A pool of `pool_bytes` over `fd` (taken), and a buffer in it. */
static void make_pool(
	struct pool *pool, int fd, uint32_t offset_bytes, uint32_t stride_bytes, int32_t pool_bytes)
{
	pool->fd = fd;
	pool->pool = wl_shm_create_pool(stage.client.shm, fd, pool_bytes);
	make_buffer(pool, offset_bytes, stride_bytes);
}

static void finish_pool(struct pool *pool)
{
	buffer_destroy(&pool->buffer);
	wl_shm_pool_destroy(pool->pool);
	close(pool->fd);
}

static void check_choice(int width_px, int height_px, uint32_t reason, const char *words)
{
	struct report report;
	report_read(&report, &stage.client);
	const struct report_surface *surface = report_find_surface(&report, width_px, height_px);
	CHECK(surface != NULL);
	if (surface->reason != reason || strstr(surface->words, words) == NULL) {
		FAIL("reason %u, '%s'; not %u, '%s'", surface->reason, surface->words, reason,
			words);
	}
	CHECK_EQUAL(surface->path,
		reason == 0 ? GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT
			    : GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD);
}

/* `reason` 0: it is imported. The picture is right either way. */
static void show_and_check(struct pool *pool, uint32_t reason, const char *words)
{
	struct picture picture;
	static uint32_t seed;
	stage_repaint(&pool->buffer, &picture, ++seed);
	layer_show(&layer, &pool->buffer);
	stage_check(&stage, &picture, 5, 5, 0, "hostile pool");
	picture_finish(&picture);
	check_choice(WIDTH_PX, HEIGHT_PX, reason, words);
}

static bool is_udmabuf(void)
{
	return strcmp(case_fixture("allocator"), "udmabuf") == 0;
}

CASE(gl_pool_that_is_sealed_by_us)
{
	struct pool pool;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, MFD_ALLOW_SEALING), 0, ROW_BYTES, SIZE_BYTES);
	show_and_check(&pool, 0, "");
	CHECK_EQUAL(fcntl(pool.fd, F_GET_SEALS), F_SEAL_SHRINK);
	CHECK_EQUAL(ftruncate(pool.fd, 0), -1);
	CHECK_EQUAL(errno, EPERM);
	finish_pool(&pool);
	end();
}

CASE(gl_pool_that_cannot_be_sealed)
{
	struct pool pool;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, 0), 0, ROW_BYTES, SIZE_BYTES);
	show_and_check(&pool, SHM_REASON(NOT_SEALED), "lacks F_SEAL_SHRINK");
	finish_pool(&pool);
	end();
}

CASE(gl_pool_in_a_file)
{
	struct pool pool;
	char path[] = "/dev/shm/gesso-test-XXXXXX";
	begin("--shm import");
	int fd = mkostemp(path, O_CLOEXEC);
	CHECK_INT(>=, fd, 0);
	unlink(path);
	CHECK_EQUAL(ftruncate(fd, SIZE_BYTES), 0);
	make_pool(&pool, fd, 0, ROW_BYTES, SIZE_BYTES);
	show_and_check(&pool, SHM_REASON(NOT_MEMFD), "not a memfd");
	finish_pool(&pool);
	end();
}

CASE(gl_pool_sealed_against_writing)
{
	struct pool pool;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, MFD_ALLOW_SEALING), 0, ROW_BYTES, SIZE_BYTES);
	client_roundtrip(&stage.client);
	CHECK_EQUAL(fcntl(pool.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE), 0);
	show_and_check(&pool, SHM_REASON(WRITE_SEALED), "");
	finish_pool(&pool);
	end();
}

/* wl_shm's own error: it cannot be mapped as every pool is. */
CASE(gl_pool_sealed_before_it_is_one)
{
	struct client offender;
	begin("--shm import");
	client_connect(&offender, &stage.server);
	int fd = make_file(SIZE_BYTES, MFD_ALLOW_SEALING);
	CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE), 0);
	wl_shm_create_pool(offender.shm, fd, SIZE_BYTES);
	client_expect_error(&offender, "wl_shm", WL_SHM_ERROR_INVALID_FD);
	client_disconnect(&offender);
	close(fd);
	end();
}

CASE(gl_pool_with_odd_places)
{
	struct pool pool;
	size_t size_bytes = 2 * SIZE_BYTES;
	begin("--shm import");
	make_pool(&pool, make_file(size_bytes, MFD_ALLOW_SEALING), 64, ROW_BYTES,
		(int32_t)size_bytes);
	show_and_check(&pool, SHM_REASON(OFFSET_UNALIGNED), "offset 64 is not page-aligned");
	/* what is not imported is left as it is */
	CHECK_EQUAL(fcntl(pool.fd, F_GET_SEALS), 0);
	finish_pool(&pool);
	make_pool(&pool, make_file(size_bytes, MFD_ALLOW_SEALING), PAGE_BYTES, ROW_BYTES,
		(int32_t)size_bytes);
	show_and_check(&pool, 0, "");
	finish_pool(&pool);
	end();
}

/* Rows of 258 bytes, and a mapping that ends with the last of them if that ends a page. */
static void show_odd_stride(int height_px, const char *what)
{
	struct pool pool;
	struct picture picture;
	int32_t size_bytes = 129 * 2 * height_px;
	begin("--shm import");
	pool.fd = make_file((size_t)size_bytes, MFD_ALLOW_SEALING);
	pool.pool = wl_shm_create_pool(stage.client.shm, pool.fd, size_bytes);
	pool.buffer = (struct buffer){.width_px = 129,
		.height_px = height_px,
		.fourcc = DRM_FORMAT_RGB565,
		.stride_bytes = 129 * 2};
	buffer_create_in_pool(&pool.buffer, &stage.client, pool.pool, dup(pool.fd));
	for (uint32_t seed = 3; seed < 5; seed++) {
		stage_repaint(&pool.buffer, &picture, seed);
		layer_show(&layer, &pool.buffer);
		stage_check(&stage, &picture, 5, 5, 8, what);
		picture_finish(&picture);
	}
	check_choice(129, height_px, SHM_REASON(STRIDE_UNALIGNED), "stride 258 is not a multiple");
	finish_pool(&pool);
	end();
}

CASE(gl_pool_with_an_odd_stride)
{
	show_odd_stride(HEIGHT_PX, "rows of 258 bytes");
}

/* What is read past its end is no memory at all. */
CASE(gl_pool_with_an_odd_stride_and_nothing_behind)
{
	show_odd_stride(2048, "rows of 258 bytes, up to the end of a page");
}

/* udmabuf takes whole pages: the pool is grown by the rest of its last one, if it may be. */
CASE(gl_pool_that_ends_within_a_page)
{
	struct pool pool;
	struct stat status;
	uint32_t stride_bytes = ROW_BYTES + 16;
	int32_t size_bytes = (int32_t)stride_bytes * HEIGHT_PX;
	begin("--shm import");
	make_pool(&pool, make_file((size_t)size_bytes, MFD_ALLOW_SEALING), 0, stride_bytes,
		size_bytes);
	show_and_check(&pool, 0, "");
	CHECK_EQUAL(fstat(pool.fd, &status), 0);
	CHECK_EQUAL(status.st_size, is_udmabuf() ? SIZE_BYTES + PAGE_BYTES : size_bytes);
	finish_pool(&pool);

	make_pool(&pool, make_file((size_t)size_bytes, MFD_ALLOW_SEALING), 0, stride_bytes,
		size_bytes);
	CHECK_EQUAL(fcntl(pool.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	if (is_udmabuf()) {
		show_and_check(&pool, SHM_REASON(BEYOND_FILE), "sealed against growing");
	} else {
		show_and_check(&pool, 0, "");
	}
	CHECK_EQUAL(fstat(pool.fd, &status), 0);
	CHECK_EQUAL(status.st_size, size_bytes);
	finish_pool(&pool);
	end();
}

/* A texture over what is cut off would be a fault. */
CASE(gl_pool_truncated_before_the_commit)
{
	struct pool pool;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, MFD_ALLOW_SEALING), 0, ROW_BYTES, SIZE_BYTES);
	client_roundtrip(&stage.client);
	CHECK_EQUAL(ftruncate(pool.fd, PAGE_BYTES), 0);
	surface_commit(layer.surface, &pool.buffer);
	client_expect_error(&stage.client, "wl_buffer", WL_SHM_ERROR_INVALID_FD);
	buffer_unmap(&pool.buffer);
	close(pool.fd);
	buffer_unmap(&stage.ground_buffer);
	stage_end_without_client(&stage);
}

/*
 * Its pages are exchanged behind an import. llvmpipe's mapping of the file has the new
 * ones; a udmabuf keeps those that it has, until the client makes a wl_buffer anew.
 */
CASE(gl_pool_punched_behind_an_import)
{
	struct pool pool;
	struct picture before, after;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, MFD_ALLOW_SEALING), 0, ROW_BYTES, SIZE_BYTES);
	stage_repaint(&pool.buffer, &before, 1);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &before, 5, 5, 0, "before");
	CHECK_EQUAL(
		fallocate(pool.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE_BYTES), 0);
	stage_repaint(&pool.buffer, &after, 2);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, is_udmabuf() ? &before : &after, 5, 5, 0, "punched");
	check_choice(WIDTH_PX, HEIGHT_PX, 0, "");

	buffer_destroy(&pool.buffer);
	make_buffer(&pool, 0, ROW_BYTES);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &after, 5, 5, 0, "anew");
	picture_finish(&before);
	picture_finish(&after);
	finish_pool(&pool);
	end();
}

CASE(gl_pool_that_grows)
{
	struct pool pool;
	struct picture picture;
	begin("--shm import");
	make_pool(&pool, make_file(SIZE_BYTES, MFD_ALLOW_SEALING), 0, ROW_BYTES, SIZE_BYTES);
	show_and_check(&pool, 0, "");
	CHECK_EQUAL(ftruncate(pool.fd, 64 * SIZE_BYTES), 0);
	wl_shm_pool_resize(pool.pool, 64 * SIZE_BYTES);
	show_and_check(&pool, 0, "");
	struct buffer old = pool.buffer;
	make_buffer(&pool, 63 * SIZE_BYTES, ROW_BYTES);
	wl_buffer_set_user_data(old.wl_buffer, &old); /* it moved */
	show_and_check(&pool, 0, "");
	stage_repaint(&old, &picture, 77);
	layer_show(&layer, &old);
	stage_check(&stage, &picture, 5, 5, 0, "the old one");
	picture_finish(&picture);
	buffer_destroy(&old);
	finish_pool(&pool);
	end();
}

/* 8K is over udmabuf's limit for one buffer. */
CASE(gl_pool_of_8k)
{
	struct pool pool;
	struct picture corner;
	int32_t size_bytes = 7680 * 4 * 4320;
	case_set_deadline(60);
	begin("--shm import");
	pool.fd = make_file((size_t)size_bytes, MFD_ALLOW_SEALING);
	pool.pool = wl_shm_create_pool(stage.client.shm, pool.fd, size_bytes);
	pool.buffer = (struct buffer){.width_px = 7680,
		.height_px = 4320,
		.fourcc = DRM_FORMAT_XRGB8888,
		.stride_bytes = 7680 * 4};
	buffer_create_in_pool(&pool.buffer, &stage.client, pool.pool, dup(pool.fd));
	/* only the part that the screen has room for: what could not be mapped would be black */
	picture_init(&corner, STAGE_WIDTH_PX, STAGE_HEIGHT_PX, 0);
	picture_fill(&corner, 8, false);
	picture_encode(&corner, pool.buffer.pixels, pool.buffer.stride_bytes, DRM_FORMAT_XRGB8888);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &corner, 5, 5, 0, "8K");
	picture_finish(&corner);
	if (is_udmabuf()) {
		check_choice(7680, 4320, REASON(OVER_LIMIT), "size_limit_mb");
	} else {
		check_choice(7680, 4320, 0, "");
	}
	finish_pool(&pool);
	end();
}

/* Read where they lie, by pixman: what changes in the file is seen, and what is cut is guarded. */
CASE(pixman_pool_that_changes)
{
	struct pool pool;
	struct picture picture;
	begin("");
	make_pool(&pool, make_file(SIZE_BYTES, 0), 0, ROW_BYTES, SIZE_BYTES);
	stage_repaint(&pool.buffer, &picture, 1);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &picture, 5, 5, 0, "before");
	picture_finish(&picture);

	CHECK_EQUAL(
		fallocate(pool.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE_BYTES), 0);
	stage_repaint(&pool.buffer, &picture, 2);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &picture, 5, 5, 0, "punched");
	picture_finish(&picture);

	CHECK_EQUAL(ftruncate(pool.fd, 64 * SIZE_BYTES), 0);
	wl_shm_pool_resize(pool.pool, 64 * SIZE_BYTES);
	buffer_destroy(&pool.buffer);
	make_buffer(&pool, 62 * SIZE_BYTES + 64, ROW_BYTES);
	stage_repaint(&pool.buffer, &picture, 3);
	layer_show(&layer, &pool.buffer);
	stage_check(&stage, &picture, 5, 5, 0, "grown, and not aligned");
	picture_finish(&picture);
	finish_pool(&pool);
	end();
}
