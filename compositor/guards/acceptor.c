/* SPDX-License-Identifier: MIT */
#include "guards/acceptor.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wlr/util/log.h>

static void acceptor_pause(struct acceptor *acceptor)
{
	if (!acceptor->pauses) {
		wlr_log_errno(WLR_ERROR, "acceptor: clients have to wait: accepting one failed");
	}
	acceptor->pauses = true;
	wl_event_source_fd_update(acceptor->source, 0);
	wl_event_source_timer_update(acceptor->later, ACCEPTOR_PAUSE_MS);
}

static int acceptor_handle_later(void *data)
{
	struct acceptor *acceptor = data;
	wl_event_source_fd_update(acceptor->source, WL_EVENT_READABLE);
	return 0;
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

/* -1 if there is none, or no second descriptor for the event loop to watch it by. */
static int accept_one(int listen_fd)
{
	int spare_fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);
	if (spare_fd < 0) {
		return -1;
	}
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	int error = errno;
	close(spare_fd);
	errno = error;
	return fd;
}

static int acceptor_handle_readable(int listen_fd, uint32_t mask, void *data)
{
	struct acceptor *acceptor = data;
	if ((mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) {
		acceptor->broken(acceptor);
		return 0;
	}
	/* who shares the socket may have changed it, or may be first: then this would wait */
	fcntl(acceptor->fd, F_SETFL, O_NONBLOCK);
	int fd = accept_one(acceptor->fd);
	if (fd >= 0 && acceptor->take(acceptor, fd)) {
		acceptor->pauses = false;
	} else if (fd >= 0 || !is_passing(errno)) {
		acceptor_pause(acceptor);
	}
	return 0;
}

bool acceptor_init(struct acceptor *acceptor, struct wl_event_loop *loop, int fd,
	bool (*take)(struct acceptor *acceptor, int fd), void (*broken)(struct acceptor *acceptor))
{
	*acceptor = (struct acceptor){.fd = fd, .take = take, .broken = broken};
	acceptor->later = wl_event_loop_add_timer(loop, acceptor_handle_later, acceptor);
	acceptor->source = wl_event_loop_add_fd(
		loop, fd, WL_EVENT_READABLE, acceptor_handle_readable, acceptor);
	if (acceptor->later == NULL || acceptor->source == NULL) {
		acceptor_finish(acceptor);
		return false;
	}
	return true;
}

void acceptor_finish(struct acceptor *acceptor)
{
	if (acceptor->source != NULL) {
		wl_event_source_remove(acceptor->source);
	}
	if (acceptor->later != NULL) {
		wl_event_source_remove(acceptor->later);
	}
	*acceptor = (struct acceptor){.fd = -1};
}
