/* SPDX-License-Identifier: MIT */
/*
 * wl_shm, row by row of shm-table.txt, each by a client of its own, while another client is
 * shown: the exact error, and in the end nothing is left of any pool.
 */
#include "bystander.h"
#include "capture.h"
#include "case.h"
#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct row {
	char line[256], answer[64], kind[32];
	int64_t file_bytes;
	int pool_bytes;
	const char *steps;
};

struct offender {
	struct client client;
	struct window window;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer; /* NULL before the first */
	int fd;
};

static const struct {
	const char *name;
	uint32_t code;
} errors[] = {
	{"invalid_format", WL_SHM_ERROR_INVALID_FORMAT},
	{"invalid_stride", WL_SHM_ERROR_INVALID_STRIDE},
	{"invalid_fd", WL_SHM_ERROR_INVALID_FD},
};

static uint32_t find_error(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].name, name) == 0) {
			return errors[i].code;
		}
	}
	FAIL("'%s' is no error of wl_shm", name);
}

static uint32_t find_format(const char *name)
{
	if (strcmp(name, "XRGB8888") == 0) {
		return WL_SHM_FORMAT_XRGB8888;
	}
	if (strcmp(name, "ARGB8888") == 0) {
		return WL_SHM_FORMAT_ARGB8888;
	}
	if (strcmp(name, "RGB565") == 0) {
		return WL_SHM_FORMAT_RGB565;
	}
	CHECK_EQUAL(strncmp(name, "0x", 2), 0);
	return (uint32_t)strtoul(name, NULL, 16);
}

static int open_file(const struct row *row)
{
	if (strcmp(row->kind, "memfd") != 0) {
		return descriptor_open(row->kind);
	}
	int fd = memfd_create("test-shm-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, (off_t)row->file_bytes), 0);
	return fd;
}

static void create_buffer(struct offender *offender, const char *words)
{
	int offset_bytes, width_px, height_px, stride_bytes;
	char format[32];
	CHECK_EQUAL(sscanf(words, "%d,%dx%d,%d,%31s", &offset_bytes, &width_px, &height_px,
			    &stride_bytes, format),
		5);
	if (offender->buffer != NULL) {
		wl_buffer_destroy(offender->buffer);
	}
	offender->buffer = wl_shm_pool_create_buffer(offender->pool, offset_bytes, width_px,
		height_px, stride_bytes, find_format(format));
}

static void add_seal(int fd, const char *name)
{
	static const struct {
		const char *name;
		unsigned seal;
	} seals[] = {{"shrink", F_SEAL_SHRINK}, {"grow", F_SEAL_GROW}, {"write", F_SEAL_WRITE},
		{"future-write", F_SEAL_FUTURE_WRITE}};
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		if (strcmp(seals[i].name, name) == 0) {
			CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, seals[i].seal), 0);
			return;
		}
	}
	FAIL("'%s' is no seal", name);
}

static void commit(struct offender *offender, bool is_shown)
{
	struct buffer buffer = {.wl_buffer = offender->buffer};
	CHECK(offender->buffer != NULL);
	if (is_shown) {
		surface_commit_wait(&offender->client, offender->window.surface, &buffer);
	} else {
		surface_commit(offender->window.surface, &buffer);
	}
}

static void draw_all(struct bystander *bystander)
{
	struct picture picture;
	capture_output(&picture, &bystander->client, 0);
	picture_finish(&picture);
}

/* False if it was imported, and sealed against that: then no error can follow. */
static bool set_file_size(int fd, off_t size_bytes)
{
	if (ftruncate(fd, size_bytes) == 0) {
		return true;
	}
	CHECK_EQUAL(errno, EPERM);
	CHECK_STRING(case_fixture("shm"), "import");
	CHECK((fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) != 0);
	return false;
}

/* False if the row ends here. */
static bool take_step(struct offender *offender, struct bystander *bystander, const char *step)
{
	const char *colon = strchr(step, ':');
	const char *words = colon != NULL ? colon + 1 : "";
	if (strncmp(step, "buffer:", 7) == 0) {
		create_buffer(offender, words);
	} else if (strncmp(step, "resize:", 7) == 0) {
		wl_shm_pool_resize(offender->pool, (int32_t)strtol(words, NULL, 10));
	} else if (strncmp(step, "file:", 5) == 0) {
		return set_file_size(offender->fd, strtol(words, NULL, 10));
	} else if (strncmp(step, "seal:", 5) == 0) {
		add_seal(offender->fd, words);
	} else if (strcmp(step, "show") == 0 || strcmp(step, "commit") == 0) {
		commit(offender, step[0] == 's');
	} else if (strcmp(step, "frame") == 0) {
		draw_all(bystander);
	} else if (strcmp(step, "destroy") == 0) {
		wl_shm_pool_destroy(offender->pool);
		offender->pool = NULL;
	} else {
		FAIL("'%s' is no step", step);
	}
	return true;
}

static bool run_steps(const struct row *row, struct offender *offender, struct bystander *bystander)
{
	char steps[sizeof(row->line)], *rest = NULL;
	snprintf(steps, sizeof(steps), "%s", row->steps);
	for (char *step = strtok_r(steps, " ", &rest); step != NULL;
		step = strtok_r(NULL, " ", &rest)) {
		if (wl_display_roundtrip(offender->client.display) < 0) {
			FAIL("an error came before '%s' of: %s", step, row->line);
		}
		if (!take_step(offender, bystander, step)) {
			return false;
		}
	}
	return true;
}

static void check_answer(const struct row *row, struct offender *offender)
{
	char interface[64];
	const char *dot = strchr(row->answer, '.');
	if (dot == NULL) {
		CHECK_STRING(row->answer, "ok");
		client_roundtrip(&offender->client);
		return;
	}
	snprintf(interface, sizeof(interface), "%.*s", (int)(dot - row->answer), row->answer);
	client_expect_error(&offender->client, interface, find_error(dot + 1));
}

static void check_row(
	const struct row *row, const struct server *server, struct bystander *bystander)
{
	struct offender offender = {0};
	client_connect(&offender.client, server);
	window_create(&offender.window, &offender.client, "offender");
	offender.fd = open_file(row);
	offender.pool = wl_shm_create_pool(offender.client.shm, offender.fd, row->pool_bytes);
	if (run_steps(row, &offender, bystander)) {
		check_answer(row, &offender);
	}
	client_disconnect(&offender.client);
	close(offender.fd);
	bystander_check_answered(bystander);
}

static struct row checked_row;

static void say_row(void)
{
	fprintf(stderr, "in the row: %s\n", checked_row.line);
}

static size_t check_rows(const struct server *server, struct bystander *bystander)
{
	FILE *file = fopen(case_fixture("table"), "re");
	CHECK(file != NULL);
	size_t checked = 0;
	struct row *row = &checked_row;
	case_on_failure(say_row);
	while (fgets(row->line, sizeof(row->line), file) != NULL) {
		int length = 0;
		if (row->line[0] == '#' || row->line[0] == '\n') {
			continue;
		}
		row->line[strcspn(row->line, "\n")] = '\0';
		CHECK_EQUAL(sscanf(row->line, "%63s %31s %ld %d%n", row->answer, row->kind,
				    &row->file_bytes, &row->pool_bytes, &length),
			4);
		row->steps = row->line + length;
		check_row(row, server, bystander);
		checked++;
	}
	fclose(file);
	return checked;
}

CASE(shm_table)
{
	struct server server;
	struct bystander bystander;
	case_set_deadline(90);
	server_start(&server, "--renderer %s --allocator memfd --size 64x64 --shm %s",
		case_fixture("renderer"), case_fixture("shm"));
	server_warm_up(&server);
	bystander_begin(&bystander, &server);
	size_t checked = check_rows(&server, &bystander);
	CHECK_INT(>=, checked, 100);
	printf("%zu rows; the bystander had %llu frames\n", checked,
		(unsigned long long)bystander.frames);
	bystander_check_shown(&bystander);
	bystander_end(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}
