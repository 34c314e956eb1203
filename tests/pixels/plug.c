/* SPDX-License-Identifier: MIT */
/* Preloaded into the compositor; see plug.h. */
#include "plug.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/backend/multi.h>
#include <wlr/types/wlr_output.h>

#define LOOK_MS 20
#define SIDE_PX 64

static volatile struct plug *plug;
static struct wl_event_source *timer;
static struct wlr_output *output; /* the one that was plugged in */

static volatile struct plug *map_file(void)
{
	const char *path = getenv("GESSO_PLUG");
	if (path == NULL || strcmp(program_invocation_short_name, "gesso") != 0) {
		return NULL;
	}
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		abort();
	}
	void *map = mmap(NULL, sizeof(*plug), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		abort();
	}
	return map;
}

static void plug_in(struct wlr_backend *backend, void *data)
{
	if (wlr_backend_is_headless(backend) && output == NULL) {
		output = wlr_headless_add_output(backend, SIDE_PX, SIDE_PX);
	}
}

static int look(void *data)
{
	if (plug->wanted > 0 && output == NULL) {
		wlr_multi_for_each_backend(data, plug_in, NULL);
	} else if (plug->wanted == 0 && output != NULL) {
		wlr_output_destroy(output);
		output = NULL;
	}
	plug->plugged = output != NULL;
	wl_event_source_timer_update(timer, LOOK_MS);
	return 0;
}

typedef struct wlr_backend *(*create_func)(struct wl_event_loop *, struct wlr_session **);

struct wlr_backend *wlr_backend_autocreate(struct wl_event_loop *loop, struct wlr_session **session)
{
	create_func real = (create_func)dlsym(RTLD_NEXT, "wlr_backend_autocreate");
	if (real == NULL) {
		abort();
	}
	struct wlr_backend *backend = real(loop, session);
	plug = map_file();
	if (backend != NULL && plug != NULL) {
		timer = wl_event_loop_add_timer(loop, look, backend);
		wl_event_source_timer_update(timer, LOOK_MS);
	}
	return backend;
}
