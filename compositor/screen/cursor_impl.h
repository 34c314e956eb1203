/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CURSOR_IMPL_H
#define GESSO_CURSOR_IMPL_H

#include "screen/cursor.h"

/* What cursor.c, cursor_device.c and cursor_picture.c have of each other. */

#define CURSOR_DEFAULT_SHAPE "default"

/* Whether the surface that a button was pressed on still has the pointer to itself. */
bool cursor_is_held(const struct cursor *cursor);
void cursor_release(struct cursor *cursor, uint32_t time_ms, uint32_t button);

/* NULL if the pointer has no such device. */
struct cursor_device *cursor_device_find(
	struct cursor *cursor, const struct wlr_input_device *device);
/* Each takes NULL. */
void cursor_device_note_press(struct cursor_device *device, uint32_t button);
void cursor_device_note_release(struct cursor_device *device, uint32_t button);
void cursor_device_destroy(struct cursor_device *device);

/* Loads the theme and makes the global for shapes. False on no memory. */
bool cursor_picture_init(struct cursor *cursor);
void cursor_picture_finish(struct cursor *cursor);
/* From now on a picture is drawn. */
void cursor_appear(struct cursor *cursor);

#endif
