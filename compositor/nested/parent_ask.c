/* SPDX-License-Identifier: MIT */
#include "nested/parent_ask.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "nested/parent_second.h"
#include <stdlib.h>
#include <wayland-client.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>

/* Before a connection that the parent ended is made again. */
#define REST_MS 1000
/* Connections in a row that the parent ended before anything was asked on them. */
#define MAX_UNASKED_ENDS 3

struct parent_ask {
	struct wl_event_loop *loop;
	int main_fd;              /* borrowed */
	struct wl_list questions; /* question.link: unanswered, the one asked first */
	const char *refuses_all;  /* why nothing is asked any more; NULL while it is */
	void (*handle_taken)(void *data);
	void *data;
	struct wl_event_source *rested;
	bool resting;
	int unasked_ends;
	const char *said; /* the last refusal that was logged */
	struct parent_second second;
};

struct question {
	struct wl_list link;
	struct wlr_addon addon;
	struct parent_ask *ask;    /* NULL once that is gone */
	struct wlr_buffer *buffer; /* NULL if it went while it was asked about */
	enum parent_answer answer;
	const char *why;

	struct zwp_linux_buffer_params_v1 *params;
	struct wl_buffer *wl_buffer;
	struct wl_surface *surface;
	struct wl_callback *done;
};

static void ask_next(struct parent_ask *ask);

static void question_drop_proxies(struct question *question)
{
	if (question->done != NULL) {
		wl_callback_destroy(question->done);
	}
	if (question->surface != NULL) {
		wl_surface_destroy(question->surface);
	}
	if (question->wl_buffer != NULL) {
		wl_buffer_destroy(question->wl_buffer);
	}
	if (question->params != NULL) {
		zwp_linux_buffer_params_v1_destroy(question->params);
	}
	question->done = NULL;
	question->surface = NULL;
	question->wl_buffer = NULL;
	question->params = NULL;
}

static void question_answer(struct question *question, enum parent_answer answer, const char *why)
{
	struct parent_ask *ask = question->ask;
	question->answer = answer;
	question->why = why;
	if (ask != NULL && why != NULL && why != ask->said) {
		wlr_log(WLR_INFO, "parent_ask: a window's dma-buf stays here: %s", why);
		ask->said = why;
	}
	question_drop_proxies(question);
	wl_list_remove(&question->link);
	wl_list_init(&question->link);
	if (question->buffer == NULL) {
		free(question);
	}
}

/* What the parent has yet to say of it must not be held against the next: that waits. */
static void question_handle_addon_destroy(struct wlr_addon *addon)
{
	struct question *question = wl_container_of(addon, question, addon);
	wlr_addon_finish(&question->addon);
	question->buffer = NULL;
	if (question->params == NULL) {
		question_answer(question, PARENT_REFUSES, NULL);
	}
}

static const struct wlr_addon_interface question_addon_impl = {
	.name = "gesso_parent_ask",
	.destroy = question_handle_addon_destroy,
};

static void refuse_all(struct parent_ask *ask, const char *why)
{
	struct question *question, *next;
	ask->refuses_all = why;
	wl_list_for_each_safe(question, next, &ask->questions, link) {
		question_answer(question, PARENT_REFUSES, why);
	}
}

/* Who was asked about when the connection ended is who it ended for, if anybody was. */
static void handle_ended(struct parent_second *second)
{
	struct parent_ask *ask = wl_container_of(second, ask, second);
	struct question *asked = wl_container_of(ask->questions.next, asked, link);
	if (!wl_list_empty(&ask->questions) && asked->params != NULL) {
		question_answer(asked, PARENT_REFUSES,
			"the parent ended the connection on which it was asked");
	} else if (++ask->unasked_ends >= MAX_UNASKED_ENDS) {
		refuse_all(ask, "the parent ends each connection that it is to be asked on");
	}
	parent_second_disconnect(second);
	ask->resting = true;
	wl_event_source_timer_update(ask->rested, REST_MS);
}

static int handle_rested(void *data)
{
	struct parent_ask *ask = data;
	ask->resting = false;
	ask_next(ask);
	return 0;
}

static void question_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct question *question = data;
	struct parent_ask *ask = question->ask;
	question_answer(question, PARENT_TAKES, NULL);
	ask->handle_taken(ask->data);
	ask_next(ask);
}

static const struct wl_callback_listener question_done_listener = {
	.done = question_handle_done,
};

/* Some parents import at the commit only. */
static void params_handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer)
{
	struct question *question = data;
	struct parent_ask *ask = question->ask;
	question->wl_buffer = wl_buffer;
	question->surface = wl_compositor_create_surface(ask->second.compositor);
	wl_surface_attach(question->surface, wl_buffer, 0, 0);
	wl_surface_damage(question->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(question->surface);
	question->done = wl_display_sync(ask->second.display);
	wl_callback_add_listener(question->done, &question_done_listener, question);
}

static void params_handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct question *question = data;
	struct parent_ask *ask = question->ask;
	question_answer(question, PARENT_REFUSES, "the parent does not import it");
	ask_next(ask);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = params_handle_created,
	.failed = params_handle_failed,
};

static bool question_send(struct question *question)
{
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(question->buffer, &dmabuf)) {
		return false;
	}
	question->params = zwp_linux_dmabuf_v1_create_params(question->ask->second.dmabuf);
	zwp_linux_buffer_params_v1_add_listener(question->params, &params_listener, question);
	for (int i = 0; i < dmabuf.n_planes; i++) {
		zwp_linux_buffer_params_v1_add(question->params, dmabuf.fd[i], (uint32_t)i,
			dmabuf.offset[i], dmabuf.stride[i], (uint32_t)(dmabuf.modifier >> 32),
			(uint32_t)dmabuf.modifier);
	}
	zwp_linux_buffer_params_v1_create(
		question->params, dmabuf.width, dmabuf.height, dmabuf.format, 0);
	return true;
}

static void handle_ready(struct parent_second *second)
{
	struct parent_ask *ask = wl_container_of(second, ask, second);
	ask->unasked_ends = 0;
	if (second->unfit != NULL) {
		refuse_all(ask, second->unfit);
	}
	ask_next(ask);
}

static void ask_next(struct parent_ask *ask)
{
	if (ask->resting || wl_list_empty(&ask->questions)) {
		return;
	}
	if (ask->second.display == NULL) {
		if (!parent_second_connect(&ask->second, ask->loop, ask->main_fd)) {
			refuse_all(ask, "there is no second connection to the parent to ask on");
		}
		return;
	}
	struct question *question = wl_container_of(ask->questions.next, question, link);
	if (!ask->second.ready || question->params != NULL) {
		return;
	}
	if (!question_send(question)) {
		question_answer(question, PARENT_REFUSES, "it has no dma-buf");
		return;
	}
	wl_display_flush(ask->second.display);
}

struct parent_ask *parent_ask_create(
	struct wl_event_loop *loop, int main_fd, void (*handle_taken)(void *data), void *data)
{
	struct parent_ask *ask = calloc(1, sizeof(*ask));
	if (ask == NULL) {
		return NULL;
	}
	ask->loop = loop;
	ask->rested = wl_event_loop_add_timer(loop, handle_rested, ask);
	if (ask->rested == NULL) {
		free(ask);
		return NULL;
	}
	ask->main_fd = main_fd;
	ask->handle_taken = handle_taken;
	ask->data = data;
	ask->second.handle_ready = handle_ready;
	ask->second.handle_ended = handle_ended;
	wl_list_init(&ask->questions);
	return ask;
}

void parent_ask_destroy(struct parent_ask *ask)
{
	if (ask == NULL) {
		return;
	}
	struct question *question, *next;
	wl_list_for_each_safe(question, next, &ask->questions, link) {
		question->ask = NULL;
		question_answer(question, PARENT_REFUSES, NULL);
	}
	parent_second_disconnect(&ask->second);
	wl_event_source_remove(ask->rested);
	free(ask);
}

enum parent_answer parent_ask_about(
	struct parent_ask *ask, struct wlr_buffer *buffer, const char **why)
{
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, ask, &question_addon_impl);
	if (addon != NULL) {
		struct question *question = wl_container_of(addon, question, addon);
		*why = question->why;
		return question->answer;
	}
	struct question *question = calloc(1, sizeof(*question));
	if (ask->refuses_all != NULL || question == NULL) {
		*why = ask->refuses_all != NULL ? ask->refuses_all : "no memory";
		free(question);
		return PARENT_REFUSES;
	}
	question->ask = ask;
	question->buffer = buffer;
	wlr_addon_init(&question->addon, &buffer->addons, ask, &question_addon_impl);
	wl_list_insert(ask->questions.prev, &question->link);
	ask_next(ask);
	*why = question->why;
	return question->answer;
}
