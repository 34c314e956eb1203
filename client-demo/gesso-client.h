/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CLIENT_H
#define GESSO_CLIENT_H

/*
 * The client's end of Gesso: memory to paint in with the CPU, which the
 * compositor then samples in place where it can (path native), and wl_shm where
 * it cannot (path shm). Where it is asked for, the memory is a dma-buf of the
 * client's own, which any compositor with linux-dmabuf-v1 may import (path dmabuf).
 * Paint code sees one API and does not know which it is.
 *
 *   gesso_client ──┬─ swapchain (one wl_surface) ─┬─ buffer … at most four
 *   (one           │                              └─ …
 *    wl_display)   └─ swapchain …
 *
 * A frame:
 *
 *   r = gesso_swapchain_begin_frame(swapchain, &frame);
 *   if (r == GESSO_BUSY)
 *           try again after the next gesso_client_dispatch()
 *   paint frame.pixels: what has changed, and frame.stale
 *   gesso_swapchain_end_frame(swapchain, damage, damage_len);
 *   wl_surface_commit(surface);
 *
 * In an event loop:
 *
 *   prepare to read (wl_display_prepare_read or its kin) and flush, as always;
 *   poll the display's descriptor for at most gesso_client_next_timeout_ms(),
 *   asked after the former, so that no other thread reads in between;
 *   read and dispatch your own queues as always; then call
 *   gesso_client_dispatch(), every time, also when nothing was read, and then
 *   gesso_swapchain_begin_frame() for each window that has got GESSO_BUSY.
 *
 * Whose events. The library has a wl_event_queue of its own on the caller's
 * wl_display. It dispatches that queue and no other, and adds no listener to an
 * object of the caller's. Reading the descriptor (the library's waits do that)
 * only puts other queues' events where their owners will find them.
 *
 * Waiting. Only gesso_client_wait() and gesso_swapchain_begin_frame_wait() wait,
 * and no longer than they are told. They read, and so libwayland's rule for all
 * readers holds: the calling thread has no read prepared of its own, and another
 * that has one polls and then reads or cancels. Nothing else blocks or reads: a
 * compositor that never answers costs answer_timeout_ms and then the fall-back, with
 * the reason; if its answer comes after all, the path is tried again.
 *
 * Threads. One gesso_client with its swapchains is used by one thread at a time.
 * Several, on the same wl_display or not, may be used by several threads.
 *
 * Ownership. What the library hands out (pixels, stale, words) stays its own.
 * It leaves no descriptor open in the caller's hands, and closes and unmaps all
 * of its own in the destroy functions. Descriptors have CLOEXEC set.
 *
 * Colour and layout. Formats are fourccs of drm_fourcc.h, little-endian. The pixel
 * at column x and row y begins at byte y × stride_bytes + x × bytes per pixel of
 * `pixels`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GESSO_CLIENT_API __attribute__((visibility("default")))

struct wl_display;
struct wl_surface;
struct gesso_client;
struct gesso_swapchain;

/* What a call came to. Negative values are errors. */
enum gesso_result {
	GESSO_OK = 0,
	GESSO_BUSY = 1,               /* not now: dispatch, and try again */
	GESSO_ERROR_ARGUMENT = -1,    /* a call that the contract does not allow */
	GESSO_ERROR_NO_MEMORY = -2,   /* no memory or no descriptors; a later try may do */
	GESSO_ERROR_CONNECTION = -3,  /* the wl_display has an error; final */
	GESSO_ERROR_UNAVAILABLE = -4, /* the forced path is not to be had; info says why */
};

/* For people; never NULL. */
GESSO_CLIENT_API const char *gesso_result_words(enum gesso_result result);

enum gesso_client_path {
	GESSO_CLIENT_PATH_AUTO = 0, /* native where it can be had, else shm */
	GESSO_CLIENT_PATH_NATIVE,   /* memory of the compositor's, sampled in place */
	GESSO_CLIENT_PATH_SHM,      /* a wl_shm pool for each buffer */
	/*
	 * A dma-buf for each buffer, by linux-dmabuf-v1 of version 3 or later: one plane
	 * at offset 0, rows of a multiple of 256 bytes, linear, or with the implicit
	 * modifier where the compositor takes that alone. The memory is of /dev/udmabuf,
	 * else of /dev/dma_heap/system, and its pages cannot be swapped. Where it is not to
	 * be had (also for want of memory or of descriptors), or not imported, it is shm
	 * until a resize, and info says why: this path is never forced. What the compositor
	 * takes is asked once, and again when its global comes back.
	 */
	GESSO_CLIENT_PATH_DMABUF,
};

/* "auto", "native", "shm", "dmabuf". */
GESSO_CLIENT_API const char *gesso_client_path_name(enum gesso_client_path path);

/*
 * Why path native, or dmabuf where that was asked for, is not used. Values under 100 are those of
 * gesso_gpu_memory_buffer_manager_v1.reason and come from the compositor; the
 * others are this library's own.
 */
enum gesso_client_reason {
	GESSO_CLIENT_REASON_NONE = 0,
	GESSO_CLIENT_REASON_PENDING = 2,            /* a probe has not ended yet */
	GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT = 5, /* not offered for this format */
	GESSO_CLIENT_REASON_GLOBAL_MISSING = 100,   /* another compositor, or sandboxed */
	GESSO_CLIENT_REASON_NO_ANSWER,              /* past answer_timeout_ms */
	GESSO_CLIENT_REASON_BAD_ANSWER,    /* a descriptor or table unlike what was said of it */
	GESSO_CLIENT_REASON_MAP_FAILED,    /* mmap failed */
	GESSO_CLIENT_REASON_SYNC_FAILED,   /* DMA_BUF_IOCTL_SYNC failed */
	GESSO_CLIENT_REASON_BY_REQUEST,    /* path shm was asked for */
	GESSO_CLIENT_REASON_NO_DMABUF,     /* no device here makes one, now or ever */
	GESSO_CLIENT_REASON_IMPORT_FAILED, /* linux-dmabuf-v1's "failed" */
};

/* ---- the connection ---- */

/*
 * Looks for gesso_gpu_memory_buffer_manager_v1, wl_shm and zwp_linux_dmabuf_v1 on
 * `display` (borrowed, and must outlive the client). Sends requests and returns at once: the answers
 * come with dispatching, and begin_frame is GESSO_BUSY until then.
 * `answer_timeout_ms` bounds each answer of the compositor, the first ones and
 * every allocation; 0 means 2000. NULL on no memory or a display with an error.
 */
GESSO_CLIENT_API struct gesso_client *gesso_client_create(
	struct wl_display *display, int answer_timeout_ms);

/*
 * Takes NULL. All swapchains must have been destroyed. Where the compositor has not
 * answered for a dma-buf by then, its answer comes on the display's default queue, is
 * undone there, and frees what waits for it, some hundred bytes; on a display that is
 * disconnected before, they are lost.
 */
GESSO_CLIENT_API void gesso_client_destroy(struct gesso_client *client);

/*
 * Dispatches what was read for the library and does what is due: gives spare
 * buffers back, gives up on answers that are overdue. Sends nothing, but for
 * what asks a global that has come back: flush the display as always. GESSO_OK, or GESSO_ERROR_CONNECTION.
 */
GESSO_CLIENT_API enum gesso_result gesso_client_dispatch(struct gesso_client *client);

/*
 * Milliseconds until gesso_client_dispatch() has something to do without any
 * event to be read: a bound for the caller's poll. 0 if it has now, also because
 * events for the library were read by another thread, or dispatched by begin_frame;
 * -1 if never.
 */
GESSO_CLIENT_API int gesso_client_next_timeout_ms(const struct gesso_client *client);

/*
 * For callers without a loop: flushes, waits until something has come for the
 * library or was due, at most `timeout_ms` (0 and more), and dispatches it.
 * GESSO_OK, GESSO_BUSY when nothing came in time, or GESSO_ERROR_CONNECTION.
 */
GESSO_CLIENT_API enum gesso_result gesso_client_wait(struct gesso_client *client, int timeout_ms);

/* ---- a window's buffers ---- */

struct gesso_swapchain_options {
	enum gesso_client_path path;
	/*
	 * 1 to 4; 0 means 2. With 1 the buffer is painted while the compositor may
	 * be showing it: it takes half the memory and can show a frame half painted.
	 */
	int max_buffers;
	/*
	 * All max_buffers are used in turn, the one painted longest ago first, as where
	 * double buffering is fixed. Without it the free buffer painted last is painted
	 * again, and no more are made than are needed: one, where the compositor uploads.
	 */
	bool in_turn;
	/* Spare buffers go back when no frame has ended for so long; 0 means 1000, -1 never. */
	int still_timeout_ms;
	/*
	 * How long begin_frame stays GESSO_BUSY while the compositor's probe has not
	 * ended. 0 means not at all on path auto (shm at once, native when it is
	 * offered) and 30000 on path native. Path dmabuf has no probe.
	 */
	int pending_timeout_ms;
};

/*
 * `surface` is borrowed, belongs to the client's display, and must outlive the
 * swapchain. `options` may be NULL. Sends nothing and allocates no pixels.
 * NULL if a side is outside 1…16384, the fourcc is not XRGB8888, ARGB8888,
 * XBGR8888, ABGR8888 or RGB565, an option is out of range, or on no memory.
 */
GESSO_CLIENT_API struct gesso_swapchain *gesso_swapchain_create(struct gesso_client *client,
	struct wl_surface *surface, int width_px, int height_px, uint32_t fourcc,
	const struct gesso_swapchain_options *options);

/*
 * Takes NULL. Ends a frame under way. Destroys the attached wl_buffer too: first
 * destroy the surface, or attach another buffer and commit.
 */
GESSO_CLIENT_API void gesso_swapchain_destroy(struct gesso_swapchain *swapchain);

/*
 * From the next frame on. What is shown stays until that frame is committed. Path
 * native or dmabuf is tried again where it was refused, unless the compositor still owes an
 * answer. GESSO_ERROR_ARGUMENT during a frame, or if a side is outside 1…16384.
 */
GESSO_CLIENT_API enum gesso_result gesso_swapchain_resize(
	struct gesso_swapchain *swapchain, int width_px, int height_px);

/* Pixels of the buffer, origin at the top left. */
struct gesso_rect {
	int32_t x, y, width, height;
};

/* Memory to paint in, from begin_frame until end_frame or cancel_frame. */
struct gesso_frame {
	void *pixels; /* height_px rows of stride_bytes; page-aligned rows are not promised */
	size_t stride_bytes; /* a multiple of 4 */
	int width_px, height_px;
	uint32_t fourcc;
	/*
	 * As EGL_EXT_buffer_age: 0 if the contents mean nothing, else how many frames
	 * ago they were painted; 1 is the last frame.
	 */
	int buffer_age;
	/*
	 * What changed since the contents were painted: to bring them up to date
	 * repaint these, then what is new. Everything when buffer_age is 0. May
	 * overlap. The caller need not damage them again.
	 */
	const struct gesso_rect *stale;
	size_t stale_len;
};

/*
 * Begins CPU access to a buffer that the compositor does not hold. Does not wait:
 * GESSO_BUSY if all are held, if an allocation has not been answered, or if the
 * compositor's offer is not known yet. Also dispatches, as gesso_client_dispatch().
 * It may send a request: flush the display before the next poll, as always.
 * On paths native and dmabuf the descriptor's bracket (DMA_BUF_IOCTL_SYNC of
 * linux/dma-buf.h) is opened; if that fails, paths auto and dmabuf go on with wl_shm.
 * On path dmabuf the memory is made here: the pages of one buffer are zeroed and pinned.
 * GESSO_ERROR_UNAVAILABLE on path native when it is not to be had (a later call may
 * find it), or when there is no wl_shm either; GESSO_ERROR_NO_MEMORY;
 * GESSO_ERROR_CONNECTION; GESSO_ERROR_ARGUMENT during a frame.
 */
GESSO_CLIENT_API enum gesso_result gesso_swapchain_begin_frame(
	struct gesso_swapchain *swapchain, struct gesso_frame *frame);

/* The same, but flushes and waits for at most `timeout_ms` before it says GESSO_BUSY. */
GESSO_CLIENT_API enum gesso_result gesso_swapchain_begin_frame_wait(
	struct gesso_swapchain *swapchain, int timeout_ms, struct gesso_frame *frame);

/*
 * Ends CPU access, attaches the buffer and damages the surface. The caller
 * commits: the frame callback and all else that belongs to the same commit is
 * its own. `damage` in buffer pixels, clipped; none (damage_len 0) means
 * everything. GESSO_ERROR_ARGUMENT outside a frame.
 */
GESSO_CLIENT_API enum gesso_result gesso_swapchain_end_frame(
	struct gesso_swapchain *swapchain, const struct gesso_rect *damage, size_t damage_len);

/* Ends CPU access and attaches nothing. The buffer's age becomes 0. */
GESSO_CLIENT_API void gesso_swapchain_cancel_frame(struct gesso_swapchain *swapchain);

struct gesso_swapchain_info {
	enum gesso_client_path path; /* AUTO until the first begin_frame has chosen */
	const char *allocator;       /* of the last buffer's memory, such as "udmabuf"; "" on shm */
	/* enum gesso_client_reason: why not native, or dmabuf if asked for; NONE on those */
	int reason;
	const char *reason_words; /* one line for people; "" with NONE */
	/*
	 * The compositor's offer has changed since the last frame, and the next one would
	 * take another path: a window that is still may want to paint it.
	 */
	bool would_move;
	int width_px, height_px;
	uint32_t fourcc;
	/*
	 * The mapping is slow to read (not cached): frames are painted in a shadow in
	 * ordinary memory, and what changed is copied at end_frame.
	 */
	bool shadow;
	int buffers;           /* held now, those about to be given back included */
	uint64_t buffer_bytes; /* size of their descriptors */
	uint64_t shadow_bytes;
	uint64_t frames;       /* ended */
	uint64_t copied_bytes; /* from shadow to buffer, since creation */
};

/* Fills `info`. Its strings are valid until the next call on the swapchain or its client. */
GESSO_CLIENT_API void gesso_swapchain_get_info(
	const struct gesso_swapchain *swapchain, struct gesso_swapchain_info *info);

#ifdef __cplusplus
}
#endif

#endif
