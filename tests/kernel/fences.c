/* SPDX-License-Identifier: MIT */
/*
 * Buffers that are still being written to, by vgem's fences of ten seconds: nobody
 * else waits, the old picture stays, and the new one is shown when the fence ends.
 */
#include "case.h"
#include "dmabuf.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <poll.h>
#include <time.h>

#define FENCE_SECONDS 10
#define FRAMES_PER_SECOND 15.0
/* Who waits for a fence waits for most of its time. */
#define GAP_SECONDS_MOST 4.0

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define SLOW_LEN 3
static const char *const slow_paths[SLOW_LEN] = {"dmabuf:vgem", "dmabuf:udmabuf", "native"};

#define SLOW_X(i) (5 + 65 * (i))
#define SLOW_Y 90

/* A layer that shows a first picture, and then is given a buffer that is not ready. */
struct slow {
	struct layer layer;
	struct buffer first, second;
	struct picture first_picture, second_picture;
	struct dmabuf_fence fence;
};

static void slow_begin(struct slow *slow, struct stage *stage, const char *path, int i)
{
	stage_paint(stage, &slow->first, &slow->first_picture, path, 60, 50, DRM_FORMAT_XRGB8888,
		20 + (uint32_t)i);
	stage_paint(stage, &slow->second, &slow->second_picture, path, 60, 50, DRM_FORMAT_XRGB8888,
		30 + (uint32_t)i);
	layer_create(&slow->layer, &stage->window, SLOW_X(i), SLOW_Y);
	layer_show(&slow->layer, &slow->first);
}

static void slow_commit(struct slow *slow)
{
	dmabuf_fence_attach(&slow->fence, slow->second.fd);
	surface_commit(slow->layer.surface, &slow->second);
}

static bool is_being_written(const struct buffer *buffer)
{
	struct pollfd ready = {.fd = buffer->fd, .events = POLLIN};
	return poll(&ready, 1, 0) == 0;
}

/* Neither is the second one shown, nor is the first given back. */
static void slow_check_held(const struct slow *slow)
{
	CHECK(is_being_written(&slow->second));
	CHECK(slow->first.busy && slow->second.busy);
}

static void slow_end(struct slow *slow)
{
	if (slow->fence.device >= 0) {
		dmabuf_fence_finish(&slow->fence);
	}
	layer_destroy(&slow->layer);
	buffer_destroy(&slow->first);
	buffer_destroy(&slow->second);
	picture_finish(&slow->first_picture);
	picture_finish(&slow->second_picture);
}

static void check_pictures(struct stage *stage, const struct slow slow[SLOW_LEN])
{
	struct picture expected, got;
	picture_init(&expected, STAGE_WIDTH_PX, STAGE_HEIGHT_PX, 0xff000000);
	picture_blend(&expected, &stage->ground, 0, 0);
	for (int i = 0; i < SLOW_LEN; i++) {
		picture_blend(&expected, &slow[i].second_picture, SLOW_X(i), SLOW_Y);
	}
	capture_output(&got, &stage->client, 0);
	picture_check(&got, &expected, 0, "after the fence");
	picture_finish(&got);
	picture_finish(&expected);
}

/* A client that fills the second output and shows one frame after the other. */
struct bystander {
	struct client client;
	struct window window;
	struct buffer buffer;
	double longest_gap_seconds; /* between two of its frames */
};

static void bystander_begin(struct bystander *bystander, struct stage *stage)
{
	struct client *client = &bystander->client;
	client_connect(client, &stage->server);
	CHECK_EQUAL(client->outputs_len, 2);
	bystander->longest_gap_seconds = 0;
	window_create(&bystander->window, client, "bystander");
	xdg_toplevel_set_fullscreen(bystander->window.toplevel, client->outputs[1]);
	client_roundtrip(client);
	client_roundtrip(client);
	buffer_create_shm(
		&bystander->buffer, client, STAGE_WIDTH_PX, STAGE_HEIGHT_PX, DRM_FORMAT_XRGB8888);
	window_show(&bystander->window, &bystander->buffer);
}

/*
 * As many as are due since `start`, at a pace well below what the output gives: what
 * is late is made up for, so that a busy machine does not look like a compositor
 * that waits: that one shows in the longest gap.
 */
static int count_frames(struct bystander *bystander, double start, double seconds)
{
	int frames = 0;
	for (double now = now_seconds(); now < start + seconds; now = now_seconds()) {
		double due = start + frames / FRAMES_PER_SECOND;
		if (due > now) {
			nanosleep(&(struct timespec){.tv_nsec = (long)((due - now) * 1e9)}, NULL);
		}
		double asked = now_seconds();
		window_show(&bystander->window, &bystander->buffer);
		double gap_seconds = now_seconds() - asked;
		if (gap_seconds > bystander->longest_gap_seconds) {
			bystander->longest_gap_seconds = gap_seconds;
		}
		frames++;
	}
	return frames;
}

static void bystander_end(struct bystander *bystander)
{
	window_destroy(&bystander->window);
	buffer_destroy(&bystander->buffer);
	client_roundtrip(&bystander->client);
	client_disconnect(&bystander->client);
}

CASE(bystander_keeps_its_frames)
{
	struct stage stage;
	struct bystander bystander;
	struct slow slow[SLOW_LEN];
	case_set_deadline(60);
	stage_begin_with(&stage, "--outputs 2");
	bystander_begin(&bystander, &stage);
	for (int i = 0; i < SLOW_LEN; i++) {
		slow_begin(&slow[i], &stage, slow_paths[i], i);
	}
	int before = count_frames(&bystander, now_seconds(), FENCE_SECONDS);

	double start = now_seconds();
	for (int i = 0; i < SLOW_LEN; i++) {
		slow_commit(&slow[i]);
	}
	wl_display_flush(stage.client.display);
	int during = count_frames(&bystander, start, FENCE_SECONDS / 2);
	client_roundtrip(&stage.client);
	for (int i = 0; i < SLOW_LEN; i++) {
		slow_check_held(&slow[i]);
	}
	during += count_frames(&bystander, start + FENCE_SECONDS / 2, FENCE_SECONDS / 2);
	for (int i = 0; i < SLOW_LEN; i++) {
		buffer_wait_release(&slow[i].first);
		CHECK(!is_being_written(&slow[i].second));
	}
	check_pictures(&stage, slow);
	CHECK(bystander.longest_gap_seconds < GAP_SECONDS_MOST);
	if (during * 10 < before * 9) {
		FAIL("%d frames in the %d seconds of the fence, %d in those before", during,
			FENCE_SECONDS, before);
	}
	for (int i = 0; i < SLOW_LEN; i++) {
		slow_end(&slow[i]);
	}
	bystander_end(&bystander);
	stage_end(&stage);
}

/* The ground is drawn anew with the layer. */
static void show_under_fence(
	struct stage *stage, struct bystander *bystander, const struct slow *slow)
{
	for (int frame = 0; frame < 2; frame++) {
		window_show(&stage->window, &stage->ground_buffer);
		window_show(&bystander->window, &bystander->buffer);
	}
	stage_check(stage, &slow->first_picture, SLOW_X(0), SLOW_Y, 0, "under the fence");
}

/* Who waits for a fence never comes before its end; who does not may be slow. */
#define TRIES 3

/*
 * A fence that comes after the commit: its client's picture is read while the fence is
 * there, and nobody waits for it.
 */
CASE(fence_comes_late)
{
	struct stage stage;
	struct bystander bystander;
	struct slow slow;
	stage_begin_with(&stage, "--outputs 2");
	bystander_begin(&bystander, &stage);
	slow_begin(&slow, &stage, case_fixture("path"), 0);
	bool outran = false;
	for (int tries = 0; !outran && tries < TRIES; tries++) {
		dmabuf_fence_attach(&slow.fence, slow.first.fd);
		show_under_fence(&stage, &bystander, &slow);
		outran = is_being_written(&slow.first);
		dmabuf_fence_finish(&slow.fence);
	}
	CHECK(outran);
	layer_show(&slow.layer, &slow.second);
	stage_check(&stage, &slow.second_picture, SLOW_X(0), SLOW_Y, 0, "after the fence");
	slow_end(&slow);
	bystander_end(&bystander);
	stage_end(&stage);
}

/* A fence that ends early; what was committed after it comes in its turn. */
CASE(later_commits_queue)
{
	struct stage stage;
	struct slow slow;
	struct buffer third;
	struct picture third_picture;
	stage_begin(&stage);
	slow_begin(&slow, &stage, case_fixture("path"), 0);
	stage_paint(&stage, &third, &third_picture, "shm", 60, 50, DRM_FORMAT_XRGB8888, 99);
	slow_commit(&slow);
	surface_commit(slow.layer.surface, &third);
	window_show(&stage.window, &stage.ground_buffer);
	stage_check(&stage, &slow.first_picture, SLOW_X(0), SLOW_Y, 0, "while it waits");
	CHECK(slow.first.busy && slow.second.busy);
	dmabuf_fence_signal(&slow.fence);
	buffer_wait_release(&slow.first);
	buffer_wait_release(&slow.second);
	window_show(&stage.window, &stage.ground_buffer);
	stage_check(&stage, &third_picture, SLOW_X(0), SLOW_Y, 0, "the last of them");
	slow_end(&slow);
	buffer_destroy(&third);
	picture_finish(&third_picture);
	stage_end(&stage);
}

/* What waits is taken away: the buffer, the surface, the client. */
CASE(gone_while_it_waits)
{
	struct stage stage;
	stage_begin(&stage);
	for (int i = 0; i < 2; i++) {
		struct slow slow;
		slow_begin(&slow, &stage, case_fixture("path"), i);
		slow_commit(&slow);
		if (i == 0) {
			wl_buffer_destroy(slow.second.wl_buffer);
			slow.second.wl_buffer = NULL;
			client_roundtrip(&stage.client);
		}
		slow_end(&slow);
		window_show(&stage.window, &stage.ground_buffer);
		stage_check(&stage, NULL, 0, 0, 0, "the layer is gone");
	}
	struct client client;
	struct window window;
	struct buffer buffer;
	struct dmabuf_fence fence;
	client_connect(&client, &stage.server);
	window_create(&window, &client, "ends");
	buffer_create(&buffer, &client, case_fixture("path"), 60, 50, DRM_FORMAT_XRGB8888);
	dmabuf_fence_attach(&fence, buffer.fd);
	surface_commit(window.surface, &buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	buffer_unmap(&buffer);
	window_show(&stage.window, &stage.ground_buffer);
	dmabuf_fence_finish(&fence);
	stage_check(&stage, NULL, 0, 0, 0, "the client is gone");
	stage_end(&stage);
}
