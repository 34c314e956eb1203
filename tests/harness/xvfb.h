/* SPDX-License-Identifier: MIT */
#ifndef TESTS_XVFB_H
#define TESTS_XVFB_H

#include "picture.h"
#include <sys/types.h>

/*
 * An X11 session for the compositor under test: Xvfb, which keeps its screen in a file, so that
 * what a person would see is read past every client. There is no window manager: a window lies
 * at the upper left.
 */

struct xvfb {
	pid_t pid;
};

/* Starts it and points DISPLAY to it. */
void xvfb_start(struct xvfb *xvfb);
/* SIGTERM; fails the case unless it ends. */
void xvfb_stop(struct xvfb *xvfb);

/* The upper left of its screen. picture_finish frees it. */
void xvfb_capture(const struct xvfb *xvfb, struct picture *picture, int width_px, int height_px);

#endif
