/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "capture.h"
#include "picture.h"
#include "report.h"
#include "window.h"
#include "xvfb.h"

/*
 * Where pictures are shown: a compositor with one output, filled by a window
 * whose picture is known (the ground), so that what a layer above it should look
 * like can be computed.
 */

#define STAGE_WIDTH_PX 200
#define STAGE_HEIGHT_PX 150

struct stage {
	struct server server;
	struct server parent;   /* pid 0 unless in a Wayland session */
	struct client onlooker; /* of the parent: sees what it shows */
	struct xvfb xvfb;       /* pid 0 unless in an X11 session */
	struct client client;
	struct window window;
	struct buffer ground_buffer;
	struct picture ground;
};

/*
 * Starts a compositor with the fixtures renderer=… and allocator=…, and shows the
 * ground. Skips the case where the allocator has no device. With the fixture
 * backend=wayland it is nested in another Gesso, which draws with pixman, and with
 * backend=x11 in an Xvfb; what those show is checked.
 */
void stage_begin(struct stage *stage);
/* The same with more of gesso's options. */
void stage_begin_with(struct stage *stage, const char *options);
/* Ends the client, checks that the compositor is empty, and ends it. */
void stage_end(struct stage *stage);
/* The same after the client's connection has ended by an error. */
void stage_end_without_client(struct stage *stage);

/* What a person would see. picture_finish frees it. */
void stage_capture(struct stage *stage, struct picture *picture);
/* Fails unless the output shows the ground with `above` (may be NULL) at x, y. */
void stage_check(struct stage *stage, const struct picture *above, int x, int y, int tolerance,
	const char *what);

/* Whether the last frame was a client's own buffer, by wlroots' log, which is to be at debug. */
bool stage_is_scanned_out(const struct server *server);

/* Sum of one path over all clients. */
struct report_path stage_figures(struct stage *stage, enum gesso_memory_report_v1_path path);

/* A buffer on `path`, painted with noise, its picture as the format can hold it. */
void stage_paint(struct stage *stage, struct buffer *buffer, struct picture *picture,
	const char *path, int width_px, int height_px, uint32_t fourcc, uint32_t seed);
/* Paints another noise into the buffer that there is. */
void stage_repaint(struct buffer *buffer, struct picture *picture, uint32_t seed);

bool fourcc_has_alpha(uint32_t fourcc);
/* "XRGB8888" and so on. Fails the case for other names. */
uint32_t fourcc_from_name(const char *name);

#endif
