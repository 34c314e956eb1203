/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LEDGER_H
#define GESSO_LEDGER_H

#include "allocators/allocator.h"
#include "allocators/reason.h"
#include "memory/budget.h"
#include "memory/path.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>
#include <wlr/util/addon.h>

/*
 * What each client's pixels cost, as the compositor itself counts it: every
 * figure here is *claimed*, computed from attributes and commits. Fed by the
 * gpu_memory_buffer global (memory handed out) and by the surfaces it watches
 * (commits); read by the report and its printers. It also keeps each client's
 * budget, since it is what knows what is held.
 *
 *   ledger ── client ─┬─ path × 6: frames, imports, copied bytes, refusal
 *                     ├─ buffer …: inode, size, shown or not
 *                     └─ surface …: texture bytes held for it
 */

struct wlr_buffer;
struct wlr_compositor;
struct wlr_renderer;
struct wlr_surface;
struct gesso_render_context;

struct gesso_path_figures {
	uint64_t frames;             /* commits that brought a buffer */
	uint64_t imports;            /* buffers shown without a copy, each once */
	uint64_t copied_bytes;       /* bytes copied into textures */
	struct gesso_reason refusal; /* the last one on this path */
	uint32_t refusals_logged;    /* private: bit i: code i was logged */
};

struct gesso_ledger_client {
	struct wl_list link; /* gesso_ledger.clients */
	struct gesso_ledger *ledger;
	struct wl_client *client;    /* NULL once it is gone */
	pid_t pid;                   /* SO_PEERCRED; 0 if unknown */
	uint64_t held_bytes;         /* charged, not yet discharged */
	size_t held_buffers;         /* how many charges these are */
	uint64_t held_texture_bytes; /* of what its buffers are, or will be, copied into */
	size_t held_planes;          /* descriptors of buffers that are not made yet */
	size_t more_descriptors;     /* that its buffers keep open beside one each */
	struct gesso_path_figures paths[GESSO_PATHS_LEN];
	struct wl_list buffers;  /* gesso_ledger_buffer.link */
	struct wl_list surfaces; /* private to ledger */
	char name[64];           /* app_id or title, empty if none */
	/* private */
	uint64_t rate_left_bytes, rate_at_ms;
	int64_t rate_left_us;
	struct wl_listener client_destroy;
};

struct gesso_ledger_memory {
	uint64_t inode;
	uint64_t size_bytes;
};

#define GESSO_LEDGER_MORE_MEMORIES 3

/* A live buffer. Embedded in what owns it, or made by the ledger for wl_shm's. */
struct gesso_ledger_buffer {
	struct wl_list link;
	struct gesso_ledger_client *client; /* NULL when not in a ledger */
	enum gesso_path path;
	const struct gesso_allocator_impl *impl; /* path native only */
	uint64_t inode;
	uint64_t size_bytes;
	/* Where planes lie in several dma-bufs: those after the first, each inode once. */
	struct gesso_ledger_memory more[GESSO_LEDGER_MORE_MEMORIES];
	size_t more_len;
	uint64_t charged_bytes;
	size_t more_descriptors; /* that it keeps open beside its first */
	int width_px, height_px;
	uint32_t fourcc;
	size_t shown; /* how many surfaces sample it now; 0 once it was copied */
	/* private */
	struct wlr_addon addon;
	uint64_t imported_by; /* 1 + the generation of the renderer; 0: none */
	bool owned;           /* made by the ledger */
};

struct gesso_ledger {
	struct wl_list clients;                     /* gesso_ledger_client.link */
	struct gesso_budget budget;                 /* the host may change it before it serves */
	const struct gesso_render_context *context; /* borrowed; outlives the ledger */
	/* private */
	struct wl_listener new_surface;
	struct wl_listener compositor_destroy;
	struct wl_listener renewed;
};

/*
 * NULL on no memory. `budget_bytes` bounds what each client may be charged; the rest of
 * the budget has its defaults, textures no less than that. It follows the renderer when
 * that is made anew.
 */
struct gesso_ledger *gesso_ledger_create(
	struct gesso_render_context *context, uint64_t budget_bytes);
/* Call after wl_display_destroy_clients. Asserts that nothing is charged any more. */
void gesso_ledger_destroy(struct gesso_ledger *ledger);

/*
 * Watches every surface made from now on: at each commit that brings a buffer it
 * finds the path by what the buffer is (gesso_ledger_buffer registered for it:
 * that path; wl_shm: shm-direct on pixman, else shm-upload; linux-dmabuf:
 * dmabuf; others: other), and counts frames, imports, and on shm-upload the
 * bytes that wlroots copies: the whole buffer for a new texture, the damaged
 * rectangles where wlroots updates the texture in place. The interposer under
 * tests/ holds these figures against the GL calls. A commit whose texture would be more
 * than the client may have is rejected with wl_display's no_memory, before it is made.
 */
void gesso_ledger_watch(struct gesso_ledger *ledger, struct wlr_compositor *compositor);

/* The client's entry, made when first asked for. NULL on no memory. */
struct gesso_ledger_client *gesso_ledger_client_get(
	struct gesso_ledger *ledger, struct wl_client *client);

/* app_id or title, for people: cut to fit, what is not printable UTF-8 replaced by '?'. */
void gesso_ledger_client_set_name(struct gesso_ledger_client *client, const char *name);

/*
 * Takes one buffer of `bytes` (0: none) from the client's budget. False, with `why` (OVER_BUDGET), if
 * they are not there. Where all clients together would be above the ceiling, the one that
 * holds most is ended for it, unless that is the client itself. The entry lives until the
 * client is gone *and* everything is discharged: a buffer may outlive its client by a frame.
 */
bool gesso_ledger_client_charge(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why);
void gesso_ledger_client_discharge(struct gesso_ledger_client *client, uint64_t bytes);

/*
 * How long an allocation or a pinning import of `bytes` for the client has to wait, in ms, for it not to be
 * above its rate; 0 if it may be made now, or would be refused.
 */
int gesso_ledger_client_rate_wait_ms(struct gesso_ledger_client *client, uint64_t bytes);
/* Call where it was made, or tried, and took so long. */
void gesso_ledger_client_spend_rate(
	struct gesso_ledger_client *client, uint64_t bytes, int64_t taken_us);

/* For params of linux-dmabuf-v1: 16 buffers of four planes that are about to be made. */
#define GESSO_LEDGER_MAX_PLANES 64

/*
 * Counts one more descriptor that the client sent and made no buffer of. False, with
 * `why` (OVER_BUDGET), past GESSO_LEDGER_MAX_PLANES. The entry lives until `len` of
 * them were dropped for each one held.
 */
bool gesso_ledger_client_hold_plane(struct gesso_ledger_client *client, struct gesso_reason *why);
void gesso_ledger_client_drop_planes(struct gesso_ledger_client *client, size_t len);
/*
 * Descriptors that no wl_buffer stands for: planes held, and those of buffers that keep
 * more than one. 0 for clients that the ledger does not know.
 */
size_t gesso_ledger_more_descriptors(struct gesso_ledger *ledger, struct wl_client *client);

/* Keeps the refusal for the report, and logs the first of each code. */
void gesso_ledger_client_refused(struct gesso_ledger_client *client, enum gesso_path path,
	const struct gesso_reason *reason);

/* Adds memory to an entry, unless it has it already. */
void gesso_ledger_buffer_add_memory(
	struct gesso_ledger_buffer *entry, uint64_t inode, uint64_t size_bytes);

/*
 * Enters `entry` (filled but for link, client, shown and what is private;
 * charged_bytes already charged) as `client`'s buffer, bound to `buffer` by a wlr_addon. It leaves the
 * ledger, discharging charged_bytes, when `buffer` is destroyed.
 */
void gesso_ledger_buffer_add(struct gesso_ledger_buffer *entry, struct gesso_ledger_client *client,
	struct wlr_buffer *buffer);

/*
 * The same for a client's buffer that is wlroots' own, in an entry of the ledger's own:
 * `charged_bytes` are already charged. False on no memory, with nothing changed.
 */
bool gesso_ledger_buffer_enter(struct gesso_ledger_client *client, struct wlr_buffer *buffer,
	uint64_t charged_bytes, size_t more_descriptors);

/* Takes out what the ledger itself entered for `buffer`: another buffer stands for it. */
void gesso_ledger_forget_buffer(struct gesso_ledger *ledger, struct wlr_buffer *buffer);

/*
 * What was chosen for the wl_shm buffers of `surface`, for the report: code NONE if
 * they are imported, else why they are uploaded.
 */
void gesso_ledger_surface_set_choice(
	struct wlr_surface *surface, const struct gesso_reason *choice);

/*
 * What an uploaded texture holds for the client now, in bytes: the sum over its
 * surfaces of textures that duplicate its pixels, on `path`.
 */
uint64_t gesso_ledger_client_texture_bytes(
	const struct gesso_ledger_client *client, enum gesso_path path);

#endif
