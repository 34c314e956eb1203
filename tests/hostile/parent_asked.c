/* SPDX-License-Identifier: MIT */
/* parent_ask.c, which asks a parent about dma-bufs, on a loop of the case's own. */
#include "case.h"
#include "fake_parent.h"
#include "nested/parent_ask.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-core.h>
#include <wlr/interfaces/wlr_buffer.h>

#define WIDTH_PX 16
#define HEIGHT_PX 16
#define WAIT_SECONDS 10

/* Passes for a dma-buf where nobody looks at what it is. */
struct memory {
	struct wlr_buffer base;
	int fd;
};

static pid_t parent;
static struct wl_display *main_display;
static struct wl_event_loop *loop;
static struct parent_ask *ask;
static int taken, connected_before;

static void memory_destroy(struct wlr_buffer *base)
{
	struct memory *memory = wl_container_of(base, memory, base);
	close(memory->fd);
	free(memory);
}

static bool memory_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attribs)
{
	const struct memory *memory = wl_container_of(base, memory, base);
	*attribs = (struct wlr_dmabuf_attributes){
		.width = WIDTH_PX,
		.height = HEIGHT_PX,
		.format = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.stride = {WIDTH_PX * 4},
		.fd = {memory->fd},
	};
	return true;
}

static const struct wlr_buffer_impl memory_impl = {
	.destroy = memory_destroy,
	.get_dmabuf = memory_get_dmabuf,
};

static struct wlr_buffer *make(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	CHECK(memory != NULL);
	memory->fd = memfd_create("asked", MFD_CLOEXEC);
	CHECK_INT(>=, memory->fd, 0);
	wlr_buffer_init(&memory->base, &memory_impl, WIDTH_PX, HEIGHT_PX);
	return &memory->base;
}

static void handle_taken(void *data)
{
	taken++;
}

static void begin(int ends)
{
	parent = fake_parent_start(FAKE_PARENT_TAKES_DMABUFS);
	main_display = wl_display_connect(NULL);
	CHECK(main_display != NULL);
	CHECK_INT(>=, wl_display_roundtrip(main_display), 0);
	connected_before = fake_parent_connections();
	fake_parent_end_next(ends);
	loop = wl_event_loop_create();
	ask = parent_ask_create(loop, wl_display_get_fd(main_display), handle_taken, NULL);
	CHECK(ask != NULL);
}

static void end(void)
{
	parent_ask_destroy(ask);
	wl_event_loop_destroy(loop);
	wl_display_disconnect(main_display);
	fake_parent_end(parent);
}

static int connections(void)
{
	return fake_parent_connections() - connected_before;
}

static enum parent_answer wait_for_answer(struct wlr_buffer *buffer, const char **why)
{
	for (int tries = 0; tries < 100 * case_seconds(WAIT_SECONDS); tries++) {
		enum parent_answer answer = parent_ask_about(ask, buffer, why);
		if (answer != PARENT_HAS_NOT_ANSWERED) {
			return answer;
		}
		wl_event_loop_dispatch(loop, 10);
	}
	FAIL("no answer");
}

/* A connection that ended before anything was asked tells nothing of a buffer. */
CASE(asked_again_where_nothing_was_asked)
{
	const char *why = NULL;
	begin(1);
	struct wlr_buffer *buffer = make();
	CHECK_EQUAL(wait_for_answer(buffer, &why), PARENT_TAKES);
	CHECK_EQUAL(connections(), 2);
	CHECK_EQUAL(taken, 1);
	wlr_buffer_drop(buffer);
	end();
}

CASE(asked_no_more_where_nothing_can_be_asked)
{
	const char *why = NULL;
	begin(1000);
	struct wlr_buffer *buffer = make(), *second = make();
	CHECK_EQUAL(wait_for_answer(buffer, &why), PARENT_REFUSES);
	CHECK(strstr(why, "ends each connection") != NULL);
	CHECK_EQUAL(parent_ask_about(ask, second, &why), PARENT_REFUSES);
	CHECK_EQUAL(connections(), 3);
	for (int i = 0; i < 150; i++) {
		wl_event_loop_dispatch(loop, 10);
	}
	CHECK_EQUAL(connections(), 3);
	wlr_buffer_drop(buffer);
	wlr_buffer_drop(second);
	end();
}

/* Buffers that are destroyed while they are asked about cost no connection and no one's answer. */
CASE(asked_about_what_is_destroyed_meanwhile)
{
	const char *why = NULL;
	begin(0);
	struct wlr_buffer *lasting = make();
	CHECK_EQUAL(wait_for_answer(lasting, &why), PARENT_TAKES);
	for (int round = 0; round < 20; round++) {
		struct wlr_buffer *gone = make(), *next = make(), *never_asked = make();
		CHECK_EQUAL(kill(parent, SIGSTOP), 0);
		CHECK_EQUAL(parent_ask_about(ask, gone, &why), PARENT_HAS_NOT_ANSWERED);
		CHECK_EQUAL(parent_ask_about(ask, never_asked, &why), PARENT_HAS_NOT_ANSWERED);
		CHECK_EQUAL(parent_ask_about(ask, next, &why), PARENT_HAS_NOT_ANSWERED);
		wlr_buffer_drop(gone);
		wlr_buffer_drop(never_asked);
		CHECK_EQUAL(kill(parent, SIGCONT), 0);
		CHECK_EQUAL(wait_for_answer(next, &why), PARENT_TAKES);
		wlr_buffer_drop(next);
	}
	CHECK_EQUAL(connections(), 1);
	/* and one that is never answered */
	struct wlr_buffer *left = make();
	CHECK_EQUAL(kill(parent, SIGSTOP), 0);
	CHECK_EQUAL(parent_ask_about(ask, left, &why), PARENT_HAS_NOT_ANSWERED);
	wlr_buffer_drop(left);
	end();
	wlr_buffer_drop(lasting);
}
