/* SPDX-License-Identifier: MIT */
/* What signals do: the report on SIGUSR1, and ends that are clean. */
#include "buffer.h"
#include "case.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static bool log_has(const char *text)
{
	static char content[1 << 20];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-1.log", workdir_path());
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	size_t length = fread(content, 1, sizeof(content) - 1, file);
	content[length] = '\0';
	fclose(file);
	return strstr(content, text) != NULL;
}

static void wait_for_log(const char *text)
{
	for (int tries = 0; tries < 50 * case_seconds(10); tries++) {
		if (log_has(text)) {
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
	}
	FAIL("'%s' was not printed", text);
}

CASE(report_on_sigusr1)
{
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffer;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64 --no-report");
	client_connect(&client, &server);
	window_create(&window, &client, "seen-in-the-report");
	buffer_create_native(&buffer, &client, 64, 64, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	CHECK(!log_has("seen-in-the-report"));
	CHECK_EQUAL(kill(server.pid, SIGUSR1), 0);
	wait_for_log("seen-in-the-report");
	wait_for_log("native");
	wait_for_log("allocator udmabuf: turned off");
	client_roundtrip(&client);
	client_disconnect(&client);
	buffer_unmap(&buffer);
	server_stop(&server);
}

static void end_by(int signal_number)
{
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffer;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	client_connect(&client, &server);
	window_create(&window, &client, "still there");
	buffer_create_native(&buffer, &client, 64, 64, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	CHECK_EQUAL(kill(server.pid, signal_number), 0);
	int status;
	CHECK_EQUAL(waitpid(server.pid, &status, 0), server.pid);
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 0);
	client_disconnect(&client);
	/* The memory outlives the compositor in the client's own mapping. */
	memset(buffer.map, 1, buffer.size_bytes);
	buffer_unmap(&buffer);
}

CASE(ends_by_sigterm)
{
	end_by(SIGTERM);
}

CASE(ends_by_sigint)
{
	end_by(SIGINT);
}
