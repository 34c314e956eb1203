/* SPDX-License-Identifier: MIT */
#include "screen/backend.h"
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/util/log.h>

/* A variable that is set for a while. */
struct variable {
	const char *name;
	char *before; /* owned; NULL if it was not set */
	bool changed;
};

static void variable_set(struct variable *variable, const char *value)
{
	const char *before = getenv(variable->name);
	variable->before = before != NULL ? strdup(before) : NULL;
	variable->changed = true;
	setenv(variable->name, value, true);
}

static void variable_restore(struct variable *variable)
{
	if (variable->changed && variable->before != NULL) {
		setenv(variable->name, variable->before, true);
	} else if (variable->changed) {
		unsetenv(variable->name);
	}
	free(variable->before);
}

static const char *backend_names(const struct options *options)
{
	switch (options->backend) {
	case OPTIONS_BACKEND_AUTO:
		return NULL;
	case OPTIONS_BACKEND_HEADLESS:
		return "headless";
	case OPTIONS_BACKEND_WAYLAND:
		return "wayland";
	case OPTIONS_BACKEND_X11:
		return "x11";
	case OPTIONS_BACKEND_DRM:
		return "drm,libinput";
	}
	return NULL;
}

/* What wlroots makes of auto, for its messages. */
static enum options_backend resolve(const struct options *options)
{
	if (options->backend != OPTIONS_BACKEND_AUTO || getenv("WLR_BACKENDS") != NULL) {
		return options->backend;
	}
	if (getenv("WAYLAND_DISPLAY") != NULL || getenv("WAYLAND_SOCKET") != NULL) {
		return OPTIONS_BACKEND_WAYLAND;
	}
	return getenv("DISPLAY") != NULL ? OPTIONS_BACKEND_X11 : OPTIONS_BACKEND_AUTO;
}

static void explain_failure(enum options_backend backend)
{
	const char *what = "the display cannot be used: see above";
	switch (backend) {
	case OPTIONS_BACKEND_AUTO:
		what = "no display: start gesso in a Wayland or X11 session or on a console with a "
		       "seat, or give --backend headless";
		break;
	case OPTIONS_BACKEND_WAYLAND:
		what = "no Wayland session: is WAYLAND_DISPLAY set, and does it name a socket?";
		break;
	case OPTIONS_BACKEND_X11:
		what = "no X11 session: is DISPLAY set, and does a server answer there?";
		break;
	case OPTIONS_BACKEND_DRM:
		what = "no bare display: it needs a seat (logind or seatd), a card under /dev/dri, "
		       "and that no other program shows there";
		break;
	case OPTIONS_BACKEND_HEADLESS:
		break;
	}
	wlr_log(WLR_ERROR, "backend: %s", what);
}

/* Without any card wlroots would wait ten seconds for one to appear. */
static bool is_hopeless(enum options_backend resolved)
{
	return resolved == OPTIONS_BACKEND_AUTO && getenv("WLR_BACKENDS") == NULL &&
		access("/dev/dri", F_OK) != 0;
}

struct wlr_backend *backend_create(
	struct wl_event_loop *loop, const struct options *options, struct wlr_session **session)
{
	struct variable backends = {.name = "WLR_BACKENDS"};
	struct variable outputs[] = {{.name = "WLR_HEADLESS_OUTPUTS"}, {.name = "WLR_WL_OUTPUTS"},
		{.name = "WLR_X11_OUTPUTS"}};
	const size_t outputs_len = sizeof(outputs) / sizeof(outputs[0]);
	const char *names = backend_names(options);
	enum options_backend resolved = resolve(options);
	if (is_hopeless(resolved)) {
		explain_failure(resolved);
		return NULL;
	}
	if (names != NULL) {
		variable_set(&backends, names);
	} else if (getenv("WLR_BACKENDS") != NULL) {
		wlr_log(WLR_INFO, "backend: WLR_BACKENDS says %s", getenv("WLR_BACKENDS"));
	}
	for (size_t i = 0; i < outputs_len && options->outputs > 0; i++) {
		char count[16];
		snprintf(count, sizeof(count), "%d", options->outputs);
		variable_set(&outputs[i], count);
	}

	struct wlr_backend *backend = wlr_backend_autocreate(loop, session);
	if (backend == NULL) {
		explain_failure(resolved);
	}
	variable_restore(&backends);
	for (size_t i = 0; i < outputs_len; i++) {
		variable_restore(&outputs[i]);
	}
	return backend;
}
