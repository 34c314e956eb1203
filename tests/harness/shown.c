/* SPDX-License-Identifier: MIT */
#include "shown.h"
#include "buffer.h"
#include "check.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 64
#define COMMITS_MAX 8
#define LINE_BYTES 256

/* A path and where its memory is from. */
struct commit {
	char path[16], allocator[32];
};

static char lines[LINES_MAX][LINE_BYTES];
static size_t lines_len;
static struct commit commits[COMMITS_MAX];
static size_t commits_len;
static char server_renderer[32], server_backend[32];

void shown_note_server(const char *renderer, const char *backend)
{
	commits_len = 0;
	snprintf(server_renderer, sizeof(server_renderer), "%s", renderer);
	snprintf(server_backend, sizeof(server_backend), "%s", backend);
}

void shown_record(const char *path, const char *allocator, const char *renderer,
	const char *backend, const char *result)
{
	char line[LINE_BYTES];
	const char *lane = getenv("GESSO_MACHINE") != NULL ? "kernel" : "host";
	snprintf(line, sizeof(line), "%s\t%s\t%s\t%s\t%s\t%s\n", path, allocator, renderer, backend,
		lane, result);
	for (size_t i = 0; i < lines_len; i++) {
		if (strcmp(lines[i], line) == 0) {
			return;
		}
	}
	CHECK_INT(<, lines_len, LINES_MAX);
	memcpy(lines[lines_len++], line, sizeof(line));
}

void shown_record_here(const char *path, const char *allocator)
{
	shown_record(path, allocator, server_renderer, server_backend, "shown");
}

void shown_note_commit(const struct buffer *buffer)
{
	const char *path = buffer->path;
	if (path == NULL) {
		return;
	}
	if (strcmp(path, "shm") == 0) {
		path = strcmp(server_renderer, "pixman") == 0 ? "shm-direct" : "shm-upload";
	}
	struct commit commit = {.path = ""};
	snprintf(commit.path, sizeof(commit.path), "%s", path);
	snprintf(commit.allocator, sizeof(commit.allocator), "%s",
		buffer->allocator[0] != '\0' ? buffer->allocator : "-");
	if (commits_len < COMMITS_MAX) {
		commits[commits_len++] = commit;
	}
}

void shown_note_checked(void)
{
	for (size_t i = 0; i < commits_len && server_renderer[0] != '\0'; i++) {
		shown_record_here(commits[i].path, commits[i].allocator);
	}
	commits_len = 0;
}

void shown_record_refusals(const struct client *client)
{
	static const char *const names[] = {
		[GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_DEVICE_MISSING] = "device-missing",
		[GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PERMISSION_DENIED] = "permission-denied",
		[GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_IMPORT_FAILED] = "import-failed",
		[GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PROBE_FAILED] = "probe-failed",
		[GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_KERNEL_ERROR] = "kernel-error",
	};
	for (size_t i = 0; i < client->batch.allocators_len; i++) {
		const struct client_allocator *allocator = &client->batch.allocators[i];
		if (allocator->reason < sizeof(names) / sizeof(names[0]) &&
			names[allocator->reason] != NULL) {
			shown_record("native", allocator->name, server_renderer, server_backend,
				names[allocator->reason]);
		}
	}
}

void shown_write(void)
{
	const char *directory = getenv("GESSO_SHOWN");
	char path[PATH_MAX];
	if (directory == NULL || lines_len == 0) {
		return;
	}
	/* not there unless somebody wants to read it */
	snprintf(path, sizeof(path), "%s/XXXXXX", directory);
	int fd = mkstemp(path);
	if (fd < 0) {
		return;
	}
	for (size_t i = 0; i < lines_len; i++) {
		CHECK_EQUAL(write(fd, lines[i], strlen(lines[i])), strlen(lines[i]));
	}
	close(fd);
}
