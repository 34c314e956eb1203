/* SPDX-License-Identifier: MIT */
#include "fake_parent.h"
#include "case.h"
#include "fake_parent_globals.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-client-core.h>
#include <wayland-server.h>

#define SOCKET "parent"

static struct fake_parent_notes *notes;

static void end_client(void *data)
{
	wl_client_destroy(data);
}

static void handle_client(struct wl_listener *listener, void *data)
{
	struct wl_client *client = data;
	notes->connections++;
	if (notes->ends_next > 0) {
		notes->ends_next--;
		wl_event_loop_add_idle(wl_display_get_event_loop(wl_client_get_display(client)),
			end_client, client);
	}
}

static void serve(enum fake_parent_habit habit)
{
	static struct wl_listener new_client = {.notify = handle_client};
	struct wl_display *display = wl_display_create();
	wl_display_add_client_created_listener(display, &new_client);
	CHECK_EQUAL(wl_display_add_socket(display, SOCKET), 0);
	fake_parent_globals_create(display, habit, notes);
	wl_display_run(display);
}

pid_t fake_parent_start(enum fake_parent_habit habit)
{
	notes = mmap(
		NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(notes != MAP_FAILED);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(habit);
		_exit(0);
	}
	/* a socket without a listener may be left of the one before */
	struct wl_display *display;
	while ((display = wl_display_connect(SOCKET)) == NULL) {
		usleep(10000);
	}
	wl_display_disconnect(display);
	setenv("WAYLAND_DISPLAY", SOCKET, 1);
	return pid;
}

void fake_parent_end(pid_t pid)
{
	CHECK_EQUAL(kill(pid, SIGKILL), 0);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
	munmap(notes, sizeof(*notes));
}

void fake_parent_end_next(int times)
{
	notes->ends_next = times;
}

int fake_parent_connections(void)
{
	return notes->connections;
}

void fake_parent_begin_round(void)
{
	unsigned next = (notes->round + 1) % FAKE_PARENT_ROUNDS;
	notes->told[next] = (struct fake_parent_told){0};
	notes->round = next;
}

/* What was in its sockets before the first answer has been read before the second. */
struct fake_parent_told fake_parent_end_round(void)
{
	struct wl_display *display = wl_display_connect(SOCKET);
	CHECK(display != NULL);
	CHECK_INT(>=, wl_display_roundtrip(display), 0);
	CHECK_INT(>=, wl_display_roundtrip(display), 0);
	wl_display_disconnect(display);
	return notes->told[notes->round];
}
