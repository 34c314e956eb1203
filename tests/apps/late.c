/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into an X server: after it was idle it reads late, so that requests which clients
 * sent one after the other are read together, and otherwise it varies when a frame is due.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define IDLE_MS 100
#define LATE_US 40000
#define PHASE_US 2000

typedef int (*wait_func)(int, struct epoll_event *, int, int);

int epoll_wait(int fd, struct epoll_event *events, int events_len, int timeout_ms)
{
	wait_func real = (wait_func)dlsym(RTLD_NEXT, "epoll_wait");
	if (real == NULL) {
		abort();
	}
	int ready = real(fd, events, events_len, timeout_ms);
	if (ready > 0 && timeout_ms != 0) {
		bool idle = timeout_ms < 0 || timeout_ms > IDLE_MS;
		usleep(idle ? LATE_US : (useconds_t)(random() % PHASE_US));
	}
	return ready;
}
