/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LINUX_DMABUF_IMPL_H
#define GESSO_LINUX_DMABUF_IMPL_H

#include "buffers/dmabuf_check.h"
#include "buffers/linux_dmabuf.h"
#include "memory/ledger.h"

/*
 * Private to linux_dmabuf.c (our own global), linux_dmabuf_params.c (a client's
 * zwp_linux_buffer_params_v1), dmabuf_buffer.c (the wl_buffer made of it) and
 * dmabuf_device.c (wlroots' global, in the place of these three).
 */

struct dmabuf_device;
struct wlr_dmabuf_v1_buffer;
struct wlr_scene;

struct gesso_linux_dmabuf {
	struct gesso_render_context *context;
	struct gesso_ledger *ledger;
	const struct gesso_allocator_chain *chain;
	struct dmabuf_device *device; /* wlroots' global; NULL where it is our own */
	struct wl_global *global;     /* NULL where it is wlroots' */
	uint32_t announced;           /* bit i: clients were told of gesso_formats[i] */
	struct wl_listener display_destroy;
};

/*
 * Whether the renderer takes `fourcc`, an entry of gesso_formats, and `modifier` is
 * on offer. A renderer's list does not tell whether it shows the colours of two
 * planes rightly: those formats are offered once the probe saw it. If not, `why`,
 * which may be NULL, says why.
 */
bool linux_dmabuf_offers_format(
	const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc, struct gesso_reason *why);
bool linux_dmabuf_offers(
	const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc, uint64_t modifier);

/* Whether clients were told of the format, though it may have been withdrawn since. */
bool linux_dmabuf_announced(const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc);

/*
 * wlroots' global with feedback, for a renderer on a DRM device. Each buffer is held
 * against dmabuf_check, charged to its client's budget and imported for a trial, in
 * create and in create_immed; planes of no buffer yet are counted. One that is not imported
 * but lies in rows that can be mapped is uploaded: when wlroots has made its wl_buffer, that
 * is made one of dmabuf_buffer.c. wlroots answers a refusal by `failed` in create, and in
 * create_immed by the error INVALID_WL_BUFFER. NULL on failure, logged.
 */
struct dmabuf_device *dmabuf_device_create(
	struct gesso_linux_dmabuf *linux_dmabuf, struct wl_display *display);
/* After wlroots' global, which goes with the display. Takes NULL. */
void dmabuf_device_destroy(struct dmabuf_device *device);
void dmabuf_device_set_scene(struct dmabuf_device *device, struct wlr_scene *scene);

/* Makes the zwp_linux_buffer_params_v1 `id`. Posts no-memory to the client on failure. */
void linux_dmabuf_params_create(struct gesso_linux_dmabuf *linux_dmabuf, struct wl_client *client,
	uint32_t version, uint32_t id);

struct dmabuf_buffer;

/*
 * Charges the client and has the renderer take what `claim` (checked) says. Takes
 * the descriptors that it keeps out of the claim. NULL with `why` set if it is refused; counted as such
 * in the ledger by the caller.
 */
struct dmabuf_buffer *dmabuf_buffer_create(struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, struct wlr_dmabuf_attributes *claim,
	struct gesso_reason *why);
/*
 * The same for one that the renderer was found not to import, of a single plane that lies in
 * rows: it is mapped and uploaded. `claim` and its descriptor are borrowed. NULL with `why`
 * saying what is in the way.
 */
struct dmabuf_buffer *dmabuf_buffer_create_copied(struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, const struct wlr_dmabuf_attributes *claim,
	struct gesso_reason *why);
/* Takes its wl_buffer from wlroots' `made`, which is destroyed. */
void dmabuf_buffer_take_over(struct dmabuf_buffer *buffer, struct wlr_dmabuf_v1_buffer *made);
/* Of one that has no wl_buffer. */
void dmabuf_buffer_drop(struct dmabuf_buffer *buffer);

/*
 * Makes its wl_buffer `id` (0: one of the server's); with `buffer` NULL one that
 * failed, which nothing can be done with but destroy: attaching it and committing
 * is INVALID_WL_BUFFER. NULL on no memory, posted, with `buffer` gone.
 */
struct wl_resource *dmabuf_buffer_make_resource(
	struct dmabuf_buffer *buffer, struct wl_client *client, uint32_t id);

/* Whether a wl_buffer is one of these; imported or failed. */
bool dmabuf_buffer_is_instance(struct wl_resource *resource);

/* Has wlroots know these wl_buffers. May be called more than once. */
void dmabuf_buffer_register(void);

#endif
