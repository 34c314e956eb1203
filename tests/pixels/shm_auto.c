/* SPDX-License-Identifier: MIT */
/* What is chosen for a wl_shm surface, from what its client does, with the right picture each time. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <string.h>

#define WIDTH_PX 180
#define HEIGHT_PX 120
#define SHM_REASON(name) GESSO_MEMORY_REPORT_V1_SHM_REASON_##name

static struct stage stage;
static struct layer layer;
static uint32_t seed;

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

static void create(struct buffer *buffer)
{
	buffer_create_shm_tight(
		buffer, &stage.client, WIDTH_PX, HEIGHT_PX, WIDTH_PX * 4, DRM_FORMAT_XRGB8888);
}

static void show(struct buffer *buffer)
{
	struct picture picture;
	stage_repaint(buffer, &picture, ++seed);
	layer_show(&layer, buffer);
	stage_check(&stage, &picture, 5, 5, 0, "auto");
	picture_finish(&picture);
}

/* 0: it is imported. */
static uint32_t choice(void)
{
	struct report report;
	report_read(&report, &stage.client);
	const struct report_surface *surface = report_find_surface(&report, WIDTH_PX, HEIGHT_PX);
	CHECK(surface != NULL);
	CHECK_EQUAL(surface->path,
		surface->reason == 0 ? GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT
				     : GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD);
	CHECK_EQUAL(surface->words[0] == '\0', surface->reason == 0);
	return surface->reason;
}

/* Each buffer is uploaded once: it was new. */
CASE(gl_shm_auto_alternates)
{
	struct buffer buffers[2];
	begin("");
	for (int i = 0; i < 2; i++) {
		create(&buffers[i]);
		show(&buffers[i]);
		CHECK_EQUAL(choice(), SHM_REASON(WATCHING));
	}
	for (int i = 0; i < 6; i++) {
		buffer_wait_release(&buffers[i % 2]);
		show(&buffers[i % 2]);
		CHECK_EQUAL(choice(), 0);
	}
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	end();
}

/* As toolkits do: the first buffer that is free, and so the same one after each upload. */
CASE(gl_shm_auto_finds_a_second_buffer)
{
	struct buffer buffers[2];
	begin("");
	create(&buffers[0]);
	create(&buffers[1]);
	uint32_t chosen = SHM_REASON(WATCHING);
	for (int i = 0; i < 100 && chosen != 0; i++) {
		struct picture picture;
		struct buffer *buffer = &buffers[buffers[0].busy];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, ++seed);
		layer_show(&layer, buffer);
		picture_finish(&picture);
		chosen = choice();
	}
	CHECK_EQUAL(chosen, 0);
	show(&buffers[buffers[0].busy]);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	end();
}

/* It never stands still, and after some trials each upload gives its buffer back at once. */
CASE(gl_shm_auto_lets_a_single_buffer_go)
{
	struct buffer buffer;
	begin("");
	create(&buffer);
	for (int i = 0; i < 16; i++) {
		buffer_wait_release(&buffer);
		show(&buffer);
	}
	CHECK_EQUAL(choice(), SHM_REASON(SINGLE_BUFFERED));
	CHECK(!buffer.busy);
	buffer_destroy(&buffer);
	end();
}

/* Painting over a buffer that is held ends its import. */
CASE(gl_shm_auto_gives_up_on_overwriting)
{
	struct buffer buffers[2];
	begin("");
	create(&buffers[0]);
	create(&buffers[1]);
	for (int i = 0; i < 4; i++) {
		show(&buffers[i % 2]);
	}
	CHECK_EQUAL(choice(), 0);
	for (int i = 0; i < 4; i++) {
		show(&buffers[1]);
	}
	CHECK_EQUAL(choice(), SHM_REASON(SINGLE_BUFFERED));
	struct report report;
	report_read(&report, &stage.client);
	CHECK_INT(<=, report_held_bytes(&report), 90112); /* of the other one */
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	end();
}

CASE(gl_shm_auto_uploads_new_buffers)
{
	struct buffer buffer;
	begin("");
	for (int i = 0; i < 6; i++) {
		create(&buffer);
		show(&buffer);
		buffer_destroy(&buffer);
	}
	CHECK_EQUAL(choice(), SHM_REASON(NEW_BUFFERS));
	end();
}

CASE(gl_shm_upload_is_forced)
{
	struct buffer buffers[2];
	begin("--shm upload");
	create(&buffers[0]);
	create(&buffers[1]);
	for (int i = 0; i < 6; i++) {
		show(&buffers[i % 2]);
		CHECK_EQUAL(choice(), GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_DISABLED);
	}
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	end();
}

/* Without an allocator that was proved nothing is imported. */
CASE(gl_shm_import_needs_a_proof)
{
	struct buffer buffer;
	stage_begin_with(&stage, "--shm import --allocator none");
	layer_create(&layer, &stage.window, 5, 5);
	create(&buffer);
	show(&buffer);
	CHECK_EQUAL(choice(), GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_DISABLED);
	buffer_destroy(&buffer);
	end();
}
