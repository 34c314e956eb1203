/* SPDX-License-Identifier: MIT */
/* Preloaded into the compositor: SIGUSR2 has it give free memory back before it waits again. */
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t wanted;

static void handle_wish(int signal_number)
{
	wanted = 1;
}

__attribute__((constructor)) static void listen_for_wishes(void)
{
	struct sigaction action = {.sa_handler = handle_wish};
	sigaction(SIGUSR2, &action, NULL);
}

int epoll_wait(int fd, struct epoll_event *events, int events_len, int timeout_ms)
{
	if (wanted) {
		wanted = 0;
		malloc_trim(0);
	}
	return (int)syscall(SYS_epoll_pwait, fd, events, events_len, timeout_ms, NULL, 0);
}
