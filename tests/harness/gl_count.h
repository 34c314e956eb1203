/* SPDX-License-Identifier: MIT */
#ifndef TESTS_GL_COUNT_H
#define TESTS_GL_COUNT_H

#include <stdint.h>

/*
 * What the interposer gl_count.so saw the compositor ask of GL: it counts the
 * bytes of glTexImage2D and glTexSubImage2D, the EGLImages made of dma-bufs, and
 * draws, without which nothing was seen and no other count means anything, in a
 * file that both sides map. The programs beside the compositor (the probe's
 * helper) are not counted; tools/bench names another compositor than gesso in
 * GESSO_GL_COUNT_PROGRAM, and reads the file by the struct below.
 */

#define GL_COUNT_MAX_IMAGES 512

struct gl_count {
	uint64_t uploaded_bytes, uploads, draws, blits; /* a blit is a draw too */
	uint64_t images, images_destroyed;
	uint64_t image_inodes[GL_COUNT_MAX_IMAGES]; /* of plane 0's descriptor */
	/*
	 * What the draws covered: a blit its target, what wlroots draws by glDrawArrays its
	 * triangles, which it names in the unit square of a matrix `proj`. Others' are not seen.
	 * Only where GESSO_GL_COUNT_AREAS is set, as gl_count_begin does: it takes time.
	 */
	uint64_t drawn_pixels;
	uint64_t unfinished_draws; /* since the last glFinish */
	/* Commits to outputs, and those with unfinished draws: shown while they are drawn still. */
	uint64_t commits, unfinished_commits;
};

/* The test's side. Call before server_start: maps a new file and sets the environment. */
volatile struct gl_count *gl_count_begin(void);
/* Ends the mapping; servers started later are not counted. */
void gl_count_end(volatile struct gl_count *count);
/* EGLImages made of the memory `inode`. */
uint64_t gl_count_images_of(const volatile struct gl_count *count, uint64_t inode);

#endif
