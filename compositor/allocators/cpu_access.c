/* SPDX-License-Identifier: MIT */
#include "allocators/cpu_access.h"
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

bool gesso_mapping_init(struct gesso_mapping *mapping, const struct gesso_memory *memory,
	bool writable, struct gesso_reason *why)
{
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *data = mmap(NULL, memory->size_bytes, protection, MAP_SHARED, memory->fd, 0);
	if (data == MAP_FAILED) {
		*mapping = (struct gesso_mapping){0};
		gesso_reason_set(why, gesso_reason_code_from_errno(errno), "mmap of %zu bytes: %s",
			memory->size_bytes, strerror(errno));
		return false;
	}
	*mapping = (struct gesso_mapping){.data = data, .size_bytes = memory->size_bytes};
	return true;
}

void gesso_mapping_finish(struct gesso_mapping *mapping)
{
	if (mapping->data != NULL) {
		munmap(mapping->data, mapping->size_bytes);
		mapping->data = NULL;
	}
}

static bool sync_once(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = {.flags = flags};
	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) == 0;
}

static bool was_broken_off(void)
{
	return errno == EINTR || errno == EAGAIN;
}

/* POLLIN: writers are done; POLLOUT: readers too (dma-buf.c, dma_buf_poll) */
static bool is_ready(int fd, bool write)
{
	struct pollfd ready = {.fd = fd, .events = write ? POLLOUT : POLLIN};
	return poll(&ready, 1, 0) > 0 && (ready.revents & (POLLERR | POLLNVAL)) == 0;
}

/*
 * The ioctl waits for fences, and has no timeout. A client may attach one between poll
 * and the ioctl: so a signal to this thread breaks off what waits, again and again in
 * case it came before the wait began. It is one that is ignored everywhere else.
 */
#define BREAK_SIGNAL SIGURG
#define BREAK_AFTER_NS (10 * 1000 * 1000)
#define BREAKS_MOST 3

struct breaker {
	timer_t timer;
	struct sigaction action;
	sigset_t mask;
};

static void handle_break(int number)
{
}

static void breaker_stop(struct breaker *breaker)
{
	/* one that is under way reaches the thread before this returns */
	timer_delete(breaker->timer);
	pthread_sigmask(SIG_SETMASK, &breaker->mask, NULL);
	sigaction(BREAK_SIGNAL, &breaker->action, NULL);
}

static bool breaker_start(struct breaker *breaker)
{
	struct sigaction action = {.sa_handler = handle_break}; /* no SA_RESTART */
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = BREAK_SIGNAL};
	event.sigev_notify_thread_id = gettid();
	struct timespec interval = {.tv_nsec = BREAK_AFTER_NS};
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, BREAK_SIGNAL);
	if (timer_create(CLOCK_MONOTONIC, &event, &breaker->timer) != 0) {
		return false;
	}
	sigaction(BREAK_SIGNAL, &action, &breaker->action);
	pthread_sigmask(SIG_UNBLOCK, &signals, &breaker->mask);
	struct itimerspec every = {.it_interval = interval, .it_value = interval};
	timer_settime(breaker->timer, 0, &every, NULL);
	return true;
}

bool gesso_cpu_access_begin(int fd, enum gesso_descriptor_kind kind, bool write)
{
	struct breaker breaker;
	if (kind != GESSO_DESCRIPTOR_DMABUF) {
		return true;
	}
	if (!is_ready(fd, write)) {
		errno = EBUSY;
		return false;
	}
	/* no timer, no bracket: nothing here may wait without an end */
	if (!breaker_start(&breaker)) {
		return false;
	}
	uint64_t flags = DMA_BUF_SYNC_START | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ);
	bool begun = false, waited = false;
	for (int tries = 0; !begun && tries < BREAKS_MOST; tries++) {
		begun = sync_once(fd, flags);
		waited = !begun && was_broken_off();
		if (!begun && (!waited || !is_ready(fd, write))) {
			break;
		}
	}
	breaker_stop(&breaker);
	if (!begun) {
		errno = waited ? ETIME : EIO;
	}
	return begun;
}

bool gesso_cpu_access_end(int fd, enum gesso_descriptor_kind kind, bool write)
{
	if (kind != GESSO_DESCRIPTOR_DMABUF) {
		return true;
	}
	uint64_t flags = DMA_BUF_SYNC_END | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ);
	for (int tries = 0; tries < 100; tries++) {
		if (sync_once(fd, flags)) {
			return true;
		}
		if (!was_broken_off()) {
			return false;
		}
	}
	return false;
}
