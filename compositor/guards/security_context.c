/* SPDX-License-Identifier: MIT */
#include "guards/security_context.h"
#include "guards/acceptor.h"
#include "screen/listener.h"
#include "security-context-v1-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/util/log.h>

#define SECURITY_CONTEXT_VERSION 1
/* Of all together; two descriptors each, and two of the event loop's. */
#define MAX_CONTEXTS 256
#define CONTEXT_DESCRIPTORS 4
#define METADATA_LEN 3

struct security_context_manager {
	struct wl_global *global;
	struct wl_list contexts; /* security_context.link */
	size_t contexts_len, contexts_most;
	struct wl_listener display_destroy;
};

struct security_context {
	struct wl_list link;
	struct security_context_manager *manager;
	struct wl_resource *resource; /* NULL once it was committed */
	pid_t owner;                  /* who may be gone */
	int listen_fd, close_fd;      /* owned */
	struct acceptor acceptor;
	struct wl_event_source *close_source;
	bool was_set[METADATA_LEN];
};

static const struct wp_security_context_manager_v1_interface manager_impl;
static const struct wp_security_context_v1_interface context_impl;

static struct security_context_manager *manager_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &wp_security_context_manager_v1_interface, &manager_impl));
	return wl_resource_get_user_data(resource);
}

/* NULL, and an error, if it was committed before. */
static struct security_context *context_try_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(resource, &wp_security_context_v1_interface, &context_impl));
	struct security_context *context = wl_resource_get_user_data(resource);
	if (context == NULL) {
		wl_resource_post_error(resource, WP_SECURITY_CONTEXT_V1_ERROR_ALREADY_USED,
			"the context was committed before");
	}
	return context;
}

static void context_destroy(struct security_context *context)
{
	if (context == NULL) {
		return;
	}
	acceptor_finish(&context->acceptor);
	if (context->close_source != NULL) {
		wl_event_source_remove(context->close_source);
	}
	close(context->listen_fd);
	close(context->close_fd);
	wl_list_remove(&context->link);
	context->manager->contexts_len--;
	free(context);
}

/* On a client: that there is one says that it came through a sandbox's socket. */
static void client_handle_destroy_late(struct wl_listener *listener, void *data)
{
	wl_list_remove(&listener->link);
	free(listener);
}

bool security_context_holds(const struct wl_client *client)
{
	return wl_client_get_destroy_late_listener(
		       (struct wl_client *)client, client_handle_destroy_late) != NULL;
}

static bool context_take(struct acceptor *acceptor, int fd)
{
	struct security_context *context = wl_container_of(acceptor, context, acceptor);
	struct wl_listener *mark = calloc(1, sizeof(*mark));
	struct wl_client *client = mark != NULL
		? wl_client_create(wl_global_get_display(context->manager->global), fd)
		: NULL;
	if (client == NULL) {
		wlr_log(WLR_ERROR, "security_context: a client could not be taken in");
		free(mark);
		close(fd);
		return false;
	}
	mark->notify = client_handle_destroy_late;
	wl_client_add_destroy_late_listener(client, mark);
	return true;
}

static void context_broken(struct acceptor *acceptor)
{
	struct security_context *context = wl_container_of(acceptor, context, acceptor);
	context_destroy(context);
}

static int context_handle_close(int fd, uint32_t mask, void *data)
{
	if ((mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) {
		context_destroy(data);
	}
	return 0;
}

static void context_request_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct security_context *context = context_try_from_resource(resource);
	if (context == NULL) {
		return;
	}
	struct wl_event_loop *loop = wl_display_get_event_loop(wl_client_get_display(client));
	context->close_source =
		wl_event_loop_add_fd(loop, context->close_fd, 0, context_handle_close, context);
	bool accepts = acceptor_init(
		&context->acceptor, loop, context->listen_fd, context_take, context_broken);
	if (!accepts || context->close_source == NULL) {
		/* it cannot be polled, and so nothing would ever end it */
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_user_data(resource, NULL);
	context->resource = NULL;
}

static void set_metadata(struct wl_resource *resource, size_t index)
{
	struct security_context *context = context_try_from_resource(resource);
	if (context == NULL) {
		return;
	}
	if (context->was_set[index]) {
		wl_resource_post_error(
			resource, WP_SECURITY_CONTEXT_V1_ERROR_ALREADY_SET, "this was set before");
	}
	context->was_set[index] = true;
}

static void context_request_set_sandbox_engine(
	struct wl_client *client, struct wl_resource *resource, const char *name)
{
	set_metadata(resource, 0);
}

static void context_request_set_app_id(
	struct wl_client *client, struct wl_resource *resource, const char *app_id)
{
	set_metadata(resource, 1);
}

static void context_request_set_instance_id(
	struct wl_client *client, struct wl_resource *resource, const char *instance_id)
{
	set_metadata(resource, 2);
}

static void request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wp_security_context_v1_interface context_impl = {
	.destroy = request_destroy,
	.set_sandbox_engine = context_request_set_sandbox_engine,
	.set_app_id = context_request_set_app_id,
	.set_instance_id = context_request_set_instance_id,
	.commit = context_request_commit,
};

static void context_handle_resource_destroy(struct wl_resource *resource)
{
	context_destroy(wl_resource_get_user_data(resource));
}

static bool is_listening(int fd)
{
	int listening = 0;
	socklen_t size = sizeof(listening);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

/* What can tell by a hang-up that the sandbox has ended; others would keep it for ever. */
static bool can_hang_up(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 &&
		(S_ISFIFO(status.st_mode) || (S_ISSOCK(status.st_mode) && !is_listening(fd)));
}

/* A client that comes again is the same. */
static pid_t owner_of(struct wl_client *client)
{
	pid_t pid;
	wl_client_get_credentials(client, &pid, NULL, NULL);
	return pid;
}

static size_t count_of(const struct security_context_manager *manager, pid_t owner)
{
	size_t count = 0;
	const struct security_context *context;
	wl_list_for_each(context, &manager->contexts, link) {
		count += context->owner == owner;
	}
	return count;
}

/* Its resource stays, and says so if it is used. */
static void context_evict(struct security_context *context)
{
	if (context->resource != NULL) {
		wl_resource_set_user_data(context->resource, NULL);
	}
	context_destroy(context);
}

/* The last one of who has the most, if that is more than who asks would have. */
static bool make_room(struct security_context_manager *manager, pid_t asker)
{
	size_t most = count_of(manager, asker) + 1;
	struct security_context *chosen = NULL, *context;
	wl_list_for_each(context, &manager->contexts, link) {
		size_t count = count_of(manager, context->owner);
		if (count > most) {
			most = count;
			chosen = context;
		}
	}
	if (chosen != NULL) {
		wlr_log(WLR_INFO, "security_context: a listener of process %d, which has %zu, goes",
			(int)chosen->owner, most);
		context_evict(chosen);
	}
	return chosen != NULL;
}

/* Says so, and closes both, if they will not do. */
static bool check_listener(struct security_context_manager *manager, struct wl_resource *resource,
	int listen_fd, int close_fd)
{
	struct wl_client *client = wl_resource_get_client(resource);
	pid_t owner = owner_of(client);
	if (!is_listening(listen_fd)) {
		wl_resource_post_error(resource,
			WP_SECURITY_CONTEXT_MANAGER_V1_ERROR_INVALID_LISTEN_FD,
			"listen_fd is not a listening socket");
	} else if (!can_hang_up(close_fd)) {
		wl_client_post_implementation_error(
			client, "close_fd is neither a pipe nor a connection");
	} else if (count_of(manager, owner) >= SECURITY_CONTEXT_MAX) {
		wl_client_post_implementation_error(
			client, "a process may have %d listeners", SECURITY_CONTEXT_MAX);
	} else if (manager->contexts_len >= manager->contexts_most && !make_room(manager, owner)) {
		wl_client_post_implementation_error(
			client, "there are %zu listeners already", manager->contexts_len);
	} else {
		return true;
	}
	close(listen_fd);
	close(close_fd);
	return false;
}

/* Takes the descriptors. NULL if there is no memory. */
static struct security_context *context_create(
	struct security_context_manager *manager, int listen_fd, int close_fd)
{
	struct security_context *context = calloc(1, sizeof(*context));
	if (context == NULL) {
		close(listen_fd);
		close(close_fd);
		return NULL;
	}
	context->manager = manager;
	context->listen_fd = listen_fd;
	context->close_fd = close_fd;
	wl_list_insert(&manager->contexts, &context->link);
	manager->contexts_len++;
	return context;
}

static void manager_request_create_listener(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, int32_t listen_fd, int32_t close_fd)
{
	struct security_context_manager *manager = manager_from_resource(resource);
	if (!check_listener(manager, resource, listen_fd, close_fd)) {
		return;
	}
	struct security_context *context = context_create(manager, listen_fd, close_fd);
	struct wl_resource *made = context != NULL
		? wl_resource_create(client, &wp_security_context_v1_interface,
			  wl_resource_get_version(resource), id)
		: NULL;
	if (made == NULL) {
		context_destroy(context);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		made, &context_impl, context, context_handle_resource_destroy);
	context->resource = made;
	context->owner = owner_of(client);
}

static const struct wp_security_context_manager_v1_interface manager_impl = {
	.destroy = request_destroy,
	.create_listener = manager_request_create_listener,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_security_context_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

static void manager_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct security_context_manager *manager =
		wl_container_of(listener, manager, display_destroy);
	struct security_context *context, *tmp;
	wl_list_for_each_safe(context, tmp, &manager->contexts, link) {
		context_destroy(context);
	}
	listener_detach(&manager->display_destroy);
	wl_global_destroy(manager->global);
	free(manager);
}

/* An eighth of the table for all of them. */
static size_t most_contexts(void)
{
	struct rlimit limit;
	size_t most = MAX_CONTEXTS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		size_t fit = (size_t)limit.rlim_cur / 8 / CONTEXT_DESCRIPTORS;
		most = fit < most ? fit : most;
	}
	return most > 0 ? most : 1;
}

struct security_context_manager *security_context_manager_create(struct wl_display *display)
{
	struct security_context_manager *manager = calloc(1, sizeof(*manager));
	if (manager == NULL) {
		return NULL;
	}
	wl_list_init(&manager->contexts);
	manager->contexts_most = most_contexts();
	manager->global = wl_global_create(display, &wp_security_context_manager_v1_interface,
		SECURITY_CONTEXT_VERSION, manager, manager_bind);
	if (manager->global == NULL) {
		free(manager);
		return NULL;
	}
	manager->display_destroy.notify = manager_handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return manager;
}

const struct wl_global *security_context_manager_global(
	const struct security_context_manager *manager)
{
	return manager->global;
}
