/* SPDX-License-Identifier: MIT */
#ifndef GESSO_EACH_FRAME_H
#define GESSO_EACH_FRAME_H

/*
 * What runs for each frame of a client lies together: a client that paints with the CPU has
 * turned all caches over by the time it commits, and a page that is touched again then costs
 * more than the few lines of code in it. Scattered over the program they were 24 pages.
 */
#define EACH_FRAME __attribute__((hot))

#endif
