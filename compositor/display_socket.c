/* SPDX-License-Identifier: MIT */
#include "display_socket.h"
#include "guards/acceptor.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#define LAST_NUMBER 32
#define BACKLOG 128

struct display_socket {
	struct wl_display *display;
	struct sockaddr_un address;
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	const char *name; /* the end of the address */
	int fd, lock_fd;  /* -1 until the socket, or the lock, is ours */
	struct acceptor acceptor;
	struct wl_listener display_destroy;
};

static void display_socket_destroy(struct display_socket *socket)
{
	int error = errno;
	acceptor_finish(&socket->acceptor);
	if (socket->fd >= 0) {
		unlink(socket->address.sun_path);
		close(socket->fd);
	}
	if (socket->lock_fd >= 0) {
		unlink(socket->lock_path);
		close(socket->lock_fd);
	}
	free(socket);
	errno = error;
}

static void socket_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct display_socket *socket = wl_container_of(listener, socket, display_destroy);
	wl_list_remove(&socket->display_destroy.link);
	display_socket_destroy(socket);
}

static bool set_address(struct display_socket *socket, const char *name)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	bool is_path = name[0] == '/';
	if (!is_path && (folder == NULL || folder[0] != '/')) {
		errno = ENOENT;
		return false;
	}
	socket->address.sun_family = AF_UNIX;
	char *path = socket->address.sun_path;
	int len = snprintf(path, sizeof(socket->address.sun_path), "%s%s%s", is_path ? "" : folder,
		is_path ? "" : "/", name);
	if (len < 0 || (size_t)len >= sizeof(socket->address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(socket->lock_path, sizeof(socket->lock_path), "%s.lock", path);
	socket->name = path + len - strlen(name);
	return true;
}

/* Who has the lock has the name: what lies there of one that was killed is removed. */
static bool take_lock(struct display_socket *socket)
{
	int fd = open(socket->lock_path, O_CREAT | O_CLOEXEC | O_RDWR,
		S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
	if (fd < 0) {
		return false;
	}
	struct stat status;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return false;
	}
	if (lstat(socket->address.sun_path, &status) == 0 &&
		(status.st_mode & (S_IWUSR | S_IWGRP)) != 0) {
		unlink(socket->address.sun_path);
	}
	socket->lock_fd = fd;
	return true;
}

static bool socket_take(struct acceptor *acceptor, int fd)
{
	struct display_socket *socket = wl_container_of(acceptor, socket, acceptor);
	if (wl_client_create(socket->display, fd) == NULL) {
		close(fd);
		return false;
	}
	return true;
}

static void socket_broken(struct acceptor *acceptor)
{
	wlr_log(WLR_ERROR, "display_socket: the socket is broken: no client can come any more");
	acceptor_finish(acceptor);
}

static bool begin_listening(struct display_socket *display_socket)
{
	const struct sockaddr_un *address = &display_socket->address;
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address->sun_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return false;
	}
	if (bind(fd, (const struct sockaddr *)address, size) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return false;
	}
	display_socket->fd = fd;
	return listen(fd, BACKLOG) == 0 &&
		acceptor_init(&display_socket->acceptor,
			wl_display_get_event_loop(display_socket->display), fd, socket_take,
			socket_broken);
}

static bool open_first_free(struct display_socket *socket)
{
	char name[20];
	for (int number = 0; number <= LAST_NUMBER; number++) {
		snprintf(name, sizeof(name), "wayland-%d", number);
		if (!set_address(socket, name)) {
			return false;
		}
		if (take_lock(socket)) {
			return begin_listening(socket);
		}
	}
	return false;
}

struct display_socket *display_socket_create(struct wl_display *display, const char *name)
{
	struct display_socket *socket = calloc(1, sizeof(*socket));
	if (socket == NULL) {
		return NULL;
	}
	socket->display = display;
	socket->fd = socket->lock_fd = -1;
	bool opened = name == NULL
		? open_first_free(socket)
		: set_address(socket, name) && take_lock(socket) && begin_listening(socket);
	if (!opened) {
		display_socket_destroy(socket);
		return NULL;
	}
	socket->display_destroy.notify = socket_handle_display_destroy;
	wl_display_add_destroy_listener(display, &socket->display_destroy);
	return socket;
}

const char *display_socket_name(const struct display_socket *socket)
{
	return socket->name;
}
