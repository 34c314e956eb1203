/* SPDX-License-Identifier: MIT */
#include "renderer/probe.h"
#include "allocators/chain.h"
#include "renderer/probe_answer.h"
#include "renderer/probe_cache.h"
#include "renderer/probe_spawn.h"
#include "renderer/render_context.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/util/log.h>

/*
 * All that a helper says fits a pipe, so it is read once, after its end, and
 * without waiting: a child that it left behind may hold the pipe open.
 */
#define ANSWER_BYTES 4096

struct gesso_probe {
	struct wl_event_loop *loop;
	struct gesso_allocator_chain *chain;
	struct gesso_render_context *context;
	int deadline_ms;
	bool afresh;
	char helper[PATH_MAX];
	struct rlimit files; /* the helpers', if has_files */
	bool has_files;
	gesso_probe_done_func done;
	void *data;

	size_t index; /* of the link under way, or the chain's length */
	pid_t pid;    /* 0 if no helper is under way */
	int pidfd, answer_fd;
	bool late;
	struct wl_event_source *ended, *deadline, *next;
	struct wl_listener renewed;
};

static void start_next(void *data);

static void schedule_next(struct gesso_probe *probe)
{
	probe->next = wl_event_loop_add_idle(probe->loop, start_next, probe);
}

static void conclude(struct gesso_probe *probe, const struct probe_answer *answer)
{
	struct gesso_allocator_state state =
		gesso_allocator_chain_state(probe->chain, probe->index);
	if (answer->complete && answer->formats != 0) {
		wlr_log(WLR_INFO, "probe: %s was proved with %s", state.impl->name,
			probe->context->name);
	} else {
		wlr_log(WLR_INFO, "probe: %s is not offered: %s", state.impl->name,
			answer->why.words);
	}
	if (answer->complete) {
		probe_answer_enter(answer, probe->chain, probe->index);
	} else {
		/* what was proved before a crash is not trusted either */
		gesso_allocator_chain_set_proved(probe->chain, probe->index, 0, &answer->why);
	}
	probe->index++;
	schedule_next(probe);
	probe->done(probe->data);
}

static void explain_end(const struct gesso_probe *probe, int status, struct gesso_reason *why)
{
	if (probe->late) {
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
			"import probe did not end within %d ms", probe->deadline_ms);
	} else if (WIFSIGNALED(status)) {
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED, "import probe crashed: %s",
			strsignal(WTERMSIG(status)));
	} else if (why->code == GESSO_REASON_NONE) {
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
			"import probe ended with status %d", WEXITSTATUS(status));
	}
}

static void forget_helper(struct gesso_probe *probe)
{
	wl_event_source_remove(probe->ended);
	wl_event_source_remove(probe->deadline);
	close(probe->pidfd);
	close(probe->answer_fd);
	probe->pid = 0;
}

static bool key_of_link(const struct gesso_probe *probe, char key[PROBE_CACHE_KEY_BYTES])
{
	struct gesso_allocator_state state =
		gesso_allocator_chain_state(probe->chain, probe->index);
	return probe_cache_key(key, probe->helper, probe->context, &state);
}

/* Only what would come out the same again: not lateness, nor a refusal of the kernel's. */
static void keep_answer(const struct gesso_probe *probe, const struct probe_answer *answer,
	int status, const char *text)
{
	char key[PROBE_CACHE_KEY_BYTES], crash[256];
	if (!answer->complete) {
		if (probe->late || !WIFSIGNALED(status) || WTERMSIG(status) == SIGKILL) {
			return;
		}
		snprintf(crash, sizeof(crash), "failed %d %s\n", answer->why.code,
			answer->why.words);
		text = crash;
	} else if (!probe_answer_is_whole(answer)) {
		return;
	}
	if (!probe_answer_is_passing(answer) && key_of_link(probe, key)) {
		probe_cache_write(key, text);
	}
}

static bool recall_answer(const struct gesso_probe *probe, struct probe_answer *answer)
{
	char key[PROBE_CACHE_KEY_BYTES], text[ANSWER_BYTES];
	if (probe->afresh || !key_of_link(probe, key) ||
		!probe_cache_read(key, text, sizeof(text))) {
		return false;
	}
	probe_answer_parse(answer, text);
	if (!answer->complete && answer->why.code != GESSO_REASON_PROBE_FAILED) {
		*answer = (struct probe_answer){0};
		return false;
	}
	wlr_log(WLR_DEBUG, "probe: the next answer was given earlier in this session");
	return true;
}

static int handle_ended(int fd, uint32_t mask, void *data)
{
	struct gesso_probe *probe = data;
	int status = 0;
	while (waitpid(probe->pid, &status, 0) < 0 && errno == EINTR) {
	}
	char text[ANSWER_BYTES];
	ssize_t len = read(probe->answer_fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	forget_helper(probe);

	struct probe_answer answer;
	probe_answer_parse(&answer, text);
	if (!answer.complete) {
		explain_end(probe, status, &answer.why);
	}
	keep_answer(probe, &answer, status, text);
	if (!probe_answer_is_whole(&answer)) {
		struct gesso_reason why = {0};
		explain_end(probe, status, &why);
		probe_answer_refuse_rest(&answer, &why);
	}
	conclude(probe, &answer);
	return 0;
}

static int handle_deadline(void *data)
{
	struct gesso_probe *probe = data;
	probe->late = true;
	kill(probe->pid, SIGKILL); /* not reaped yet, so the pid is still its own */
	return 0;
}

/* Beside the running program when that is not installed, else in libexec. */
static void find_helper(char path[PATH_MAX])
{
	const char *named = getenv("GESSO_PROBE_HELPER");
	if (named != NULL) {
		wlr_log(WLR_INFO, "probe: GESSO_PROBE_HELPER names %s", named);
		snprintf(path, PATH_MAX, "%s", named);
		return;
	}
	char self[PATH_MAX - sizeof("/gesso-probe")];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		snprintf(path, PATH_MAX, "%s/gesso-probe", dirname(self));
		if (access(path, X_OK) == 0) {
			return;
		}
	}
	snprintf(path, PATH_MAX, "%s/gesso-probe", GESSO_LIBEXECDIR);
}

static bool start_helper(struct gesso_probe *probe, const char *allocator, struct gesso_reason *why)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"pipe for the import probe: %s", strerror(errno));
		return false;
	}
	int error = probe_spawn(probe->helper, probe->context, allocator, fds[1],
		probe->has_files ? &probe->files : NULL, &probe->pid);
	close(fds[1]);
	if (error != 0) {
		probe->pid = 0;
		close(fds[0]);
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
			"the import probe %s cannot be started: %s", probe->helper,
			strerror(error));
		return false;
	}
	probe->answer_fd = fds[0];
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	probe->pidfd = pidfd_open(probe->pid, 0);
	probe->late = false;
	probe->ended = probe->pidfd >= 0 ? wl_event_loop_add_fd(probe->loop, probe->pidfd,
						   WL_EVENT_READABLE, handle_ended, probe)
					 : NULL;
	probe->deadline = wl_event_loop_add_timer(probe->loop, handle_deadline, probe);
	if (probe->ended != NULL && probe->deadline != NULL) {
		wl_event_source_timer_update(probe->deadline, probe->deadline_ms);
		return true;
	}
	gesso_reason_set(why, gesso_reason_code_from_errno(errno),
		"the import probe cannot be watched: %s", strerror(errno));
	kill(probe->pid, SIGKILL);
	waitpid(probe->pid, NULL, 0);
	if (probe->ended != NULL) {
		wl_event_source_remove(probe->ended);
	}
	if (probe->deadline != NULL) {
		wl_event_source_remove(probe->deadline);
	}
	if (probe->pidfd >= 0) {
		close(probe->pidfd);
	}
	close(probe->answer_fd);
	probe->pid = 0;
	return false;
}

static void start_next(void *data)
{
	struct gesso_probe *probe = data;
	probe->next = NULL;
	size_t len = gesso_allocator_chain_length(probe->chain);
	for (; probe->index < len; probe->index++) {
		struct gesso_allocator_state state =
			gesso_allocator_chain_state(probe->chain, probe->index);
		if (state.refusal.code != GESSO_REASON_PENDING &&
			state.refusal.code != GESSO_REASON_RENDERER_LOST) {
			continue;
		}
		struct probe_answer answer = {0};
		if (recall_answer(probe, &answer) ||
			!start_helper(probe, state.impl->name, &answer.why)) {
			conclude(probe, &answer);
		}
		return;
	}
	gesso_allocator_chain_sort(probe->chain);
	probe->done(probe->data);
}

static void end_helper(struct gesso_probe *probe)
{
	if (probe->pid != 0) {
		kill(probe->pid, SIGKILL);
		waitpid(probe->pid, NULL, 0);
		forget_helper(probe);
	}
}

/* What was proved was proved with the renderer that is gone. */
static void probe_handle_renewed(struct wl_listener *listener, void *data)
{
	struct gesso_probe *probe = wl_container_of(listener, probe, renewed);
	end_helper(probe);
	gesso_allocator_chain_renew(probe->chain, probe->context->software, probe->context->node);
	probe->index = 0;
	if (probe->next == NULL) {
		schedule_next(probe);
	}
	probe->done(probe->data);
}

struct gesso_probe *gesso_probe_start(struct wl_event_loop *loop,
	struct gesso_allocator_chain *chain, struct gesso_render_context *context, int deadline_ms,
	bool afresh, gesso_probe_done_func done, void *data)
{
	struct gesso_probe *probe = calloc(1, sizeof(*probe));
	if (probe == NULL) {
		return NULL;
	}
	probe->loop = loop;
	probe->chain = chain;
	probe->context = context;
	probe->deadline_ms = deadline_ms;
	probe->afresh = afresh;
	find_helper(probe->helper);
	probe->done = done;
	probe->data = data;
	probe->renewed.notify = probe_handle_renewed;
	wl_signal_add(&context->events.renewed, &probe->renewed);
	schedule_next(probe);
	return probe;
}

void gesso_probe_set_files(struct gesso_probe *probe, const struct rlimit *files)
{
	probe->files = *files;
	probe->has_files = true;
}

bool gesso_probe_running(const struct gesso_probe *probe)
{
	return probe->next != NULL || probe->pid != 0;
}

void gesso_probe_destroy(struct gesso_probe *probe)
{
	if (probe == NULL) {
		return;
	}
	if (probe->next != NULL) {
		wl_event_source_remove(probe->next);
	}
	end_helper(probe);
	wl_list_remove(&probe->renewed.link);
	free(probe);
}
