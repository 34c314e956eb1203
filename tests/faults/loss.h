/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LOSS_H
#define TESTS_LOSS_H

#include <stdint.h>

/*
 * What the case asks of the interposer lose.so, in a file that both sides map: as
 * many of the next render passes of the compositor as `wanted` are not begun, and
 * their renderer says that it is lost, as wlroots' GLES2 does after a GPU reset.
 */
struct loss {
	int32_t wanted;
	int32_t only_gl; /* a pixman renderer is left alone */
	int32_t done;
};

#endif
