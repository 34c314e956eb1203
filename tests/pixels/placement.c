/* SPDX-License-Identifier: MIT */
/* Crop, scale, transform, several outputs and scan-out: native shows what shm shows. */
#include "case.h"
#include "gl_count.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_PX 61
#define HEIGHT_PX 43

typedef void (*prepare_func)(struct stage *stage, struct wl_surface *surface);

static void capture_path(
	struct stage *stage, const char *path, prepare_func prepare, struct picture *got)
{
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	layer_create(&layer, &stage->window, 17, 19);
	stage_paint(stage, &buffer, &picture, path, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_ARGB8888, 60);
	prepare(stage, layer.surface);
	layer_show(&layer, &buffer);
	capture_output(got, &stage->client, 0);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	picture_finish(&picture);
}

/* The paths agree, and the picture is not just the ground. */
static void check_same(prepare_func prepare)
{
	struct stage stage;
	struct picture native, shm;
	stage_begin(&stage);
	capture_path(&stage, "native", prepare, &native);
	capture_path(&stage, "shm", prepare, &shm);
	picture_check(&native, &shm, 0, "native against shm");
	int changed = 0;
	for (int i = 0; i < STAGE_WIDTH_PX * STAGE_HEIGHT_PX; i++) {
		changed += native.pixels[i] != stage.ground.pixels[i];
	}
	CHECK_INT(>, changed, 100);
	picture_finish(&native);
	picture_finish(&shm);
	stage_end(&stage);
}

static void crop(struct stage *stage, struct wl_surface *surface)
{
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(stage->client.viewporter, surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(7), wl_fixed_from_int(5),
		wl_fixed_from_int(31), wl_fixed_from_int(23));
}

static void crop_and_scale(struct stage *stage, struct wl_surface *surface)
{
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(stage->client.viewporter, surface);
	wp_viewport_set_source(viewport, wl_fixed_from_double(7.5), wl_fixed_from_double(5.25),
		wl_fixed_from_double(31.5), wl_fixed_from_double(23.75));
	wp_viewport_set_destination(viewport, 83, 59);
}

static void scale_down(struct stage *stage, struct wl_surface *surface)
{
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(stage->client.viewporter, surface);
	wp_viewport_set_destination(viewport, 29, 17);
}

static void rotate(struct stage *stage, struct wl_surface *surface)
{
	wl_surface_set_buffer_transform(surface, WL_OUTPUT_TRANSFORM_90);
}

static void flip(struct stage *stage, struct wl_surface *surface)
{
	wl_surface_set_buffer_transform(surface, WL_OUTPUT_TRANSFORM_FLIPPED_180);
}

CASE(cropped)
{
	check_same(crop);
}

CASE(cropped_and_scaled)
{
	check_same(crop_and_scale);
}

CASE(scaled_down)
{
	check_same(scale_down);
}

CASE(rotated)
{
	check_same(rotate);
}

CASE(flipped)
{
	check_same(flip);
}

/* A crop of whole pixels, unscaled, is exact. */
CASE(crop_is_exact)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture, part;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 17, 19);
	stage_paint(
		&stage, &buffer, &picture, "native", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888, 61);
	crop(&stage, layer.surface);
	layer_show(&layer, &buffer);
	picture_init(&part, 31, 23, 0);
	for (int y = 0; y < 23; y++) {
		for (int x = 0; x < 31; x++) {
			part.pixels[y * 31 + x] = picture.pixels[(y + 5) * WIDTH_PX + x + 7];
		}
	}
	stage_check(&stage, &part, 17, 19, 0, "crop");
	picture_finish(&part);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
}

/* On an output of scale 2 a buffer of scale 2 is shown pixel for pixel. */
CASE(output_of_scale_2)
{
	for (int i = 0; i < 2; i++) {
		struct server server;
		struct client client;
		struct window window;
		struct buffer buffer;
		struct picture picture, got;
		server_start(&server,
			"--renderer %s --size 96x64 --scale 2 --fullscreen --allocator %s",
			case_fixture("renderer"), case_fixture("allocator"));
		client_connect(&client, &server);
		window_create(&window, &client, "scale 2");
		CHECK_EQUAL(window.width_px, 48);
		CHECK_EQUAL(window.height_px, 32);
		buffer_create(&buffer, &client, i ? "native" : "shm", 96, 64, DRM_FORMAT_XRGB8888);
		stage_repaint(&buffer, &picture, 62);
		wl_surface_set_buffer_scale(window.surface, 2);
		window_show(&window, &buffer);
		capture_output(&got, &client, 0);
		picture_check(&got, &picture, 0, i ? "native" : "shm");
		picture_finish(&got);
		picture_finish(&picture);
		buffer_unmap(&buffer);
		client_disconnect(&client);
		server_stop(&server);
	}
}

CASE(two_outputs)
{
	struct server server;
	struct client client;
	struct window windows[2];
	struct buffer buffers[2];
	struct picture pictures[2];
	server_start(&server, "--renderer %s --size 80x60 --outputs 2 --allocator %s",
		case_fixture("renderer"), case_fixture("allocator"));
	server_warm_up(&server);
	client_connect(&client, &server);
	CHECK_EQUAL(client.outputs_len, 2);
	for (uint32_t i = 0; i < 2; i++) {
		window_create(&windows[i], &client, "two outputs");
		xdg_toplevel_set_fullscreen(windows[i].toplevel, client.outputs[i]);
		client_roundtrip(&client);
		client_roundtrip(&client);
		CHECK_EQUAL(windows[i].width_px, 80);
		CHECK_EQUAL(windows[i].height_px, 60);
		buffer_create(
			&buffers[i], &client, i ? "native" : "shm", 80, 60, DRM_FORMAT_XBGR8888);
		stage_repaint(&buffers[i], &pictures[i], 70 + i);
		window_show(&windows[i], &buffers[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		struct picture got;
		capture_output(&got, &client, i);
		picture_check(&got, &pictures[i], 0, i ? "second output" : "first output");
		picture_finish(&got);
	}
	for (size_t i = 0; i < 2; i++) {
		window_destroy(&windows[i]);
		buffer_destroy(&buffers[i]);
		picture_finish(&pictures[i]);
	}
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/*
 * A window that fills the output is scanned out as it is, with nothing drawn, and looks the
 * same. Who captures the output has it composed: so each look comes after a frame that was
 * scanned out, and is of the same buffer.
 */
CASE(scanned_out)
{
	unsetenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT");
	bool gles2 = strcmp(case_fixture("renderer"), "gles2") == 0;
	for (int i = 0; i < 2; i++) {
		volatile struct gl_count *count = gl_count_begin();
		struct stage stage;
		struct buffer buffer;
		struct picture picture, got;
		stage_begin(&stage);
		stage_paint(&stage, &buffer, &picture, i ? "native" : "shm", STAGE_WIDTH_PX,
			STAGE_HEIGHT_PX, DRM_FORMAT_XRGB8888, 80);
		for (uint32_t round = 0; round < 3; round++) {
			uint64_t draws = count->draws;
			picture_finish(&picture);
			stage_repaint(&buffer, &picture, 80 + round);
			window_show(&stage.window, &buffer);
			CHECK(stage_is_scanned_out(&stage.server));
			CHECK_EQUAL(count->draws, draws);
			capture_output(&got, &stage.client, 0);
			picture_check(&got, &picture, 0, i ? "native" : "shm");
			picture_finish(&got);
			CHECK(!stage_is_scanned_out(&stage.server));
			CHECK_INT(>=, count->draws, draws + gles2);
		}
		picture_finish(&picture);
		buffer_destroy(&buffer);
		stage_end(&stage);
		gl_count_end(count);
	}
}
