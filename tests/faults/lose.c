/* SPDX-License-Identifier: MIT */
/* Preloaded into the compositor; see loss.h. */
#include "loss.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>

static volatile struct loss nothing;
static volatile struct loss *loss = &nothing;

__attribute__((constructor)) static void map_file(void)
{
	const char *path = getenv("GESSO_LOSS");
	if (path == NULL || strcmp(program_invocation_short_name, "gesso") != 0) {
		return;
	}
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		abort();
	}
	void *map = mmap(NULL, sizeof(*loss), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		abort();
	}
	loss = map;
}

typedef struct wlr_render_pass *(*begin_func)(
	struct wlr_renderer *, struct wlr_buffer *, const struct wlr_buffer_pass_options *);

struct wlr_render_pass *wlr_renderer_begin_buffer_pass(struct wlr_renderer *renderer,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options)
{
	if (loss->wanted > 0 && (loss->only_gl == 0 || wlr_renderer_is_gles2(renderer))) {
		loss->wanted--;
		loss->done++;
		wl_signal_emit_mutable(&renderer->events.lost, NULL);
		return NULL;
	}
	begin_func real = (begin_func)dlsym(RTLD_NEXT, "wlr_renderer_begin_buffer_pass");
	if (real == NULL) {
		abort();
	}
	return real(renderer, buffer, options);
}
